import pytest

from tests.contract.accounts import ACCOUNTS, Account


@pytest.fixture(params=sorted(ACCOUNTS))
async def account(request: pytest.FixtureRequest, nothing_secret_is_said: None):
    async with ACCOUNTS[request.param]() as account:
        yield account


@pytest.fixture
def provider(account: Account):
    return account.provider
