import pytest

from tests.contract.accounts import ACCOUNTS, Account


@pytest.fixture(params=sorted(ACCOUNTS))
async def account(request: pytest.FixtureRequest):
    async with ACCOUNTS[request.param]() as account:
        yield account


@pytest.fixture
def provider(account: Account):
    return account.provider
