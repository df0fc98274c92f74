"""That the suite looks for secrets is worth as much as it knows them."""

import pytest

from tests.contract.accounts import Account
from tests.support import BytesContent, content, lacks, listing
from tests.witness import Witness

ANONYMOUS = ("memory", "webdav-")  # everybody may use those accounts


async def test_the_secrets_of_an_account_are_known(
    account: Account, witness: Witness, request: pytest.FixtureRequest
):
    if request.node.callspec.params["account"].startswith(ANONYMOUS):
        lacks("nobody signs in to this account")
    provider = account.provider
    root = await provider.root()
    entry = await provider.upload(root.id, "f", BytesContent(b"x" * 100))
    assert set(await listing(provider, root.id)) == {"f"}
    assert await content(provider, entry) == b"x" * 100
    assert len(witness.secrets) >= 2
