"""df: what a service tells of its space, and nothing that it does not."""

import json
from dataclasses import replace

import pytest

from cloudfs.model import Quota
from cloudfs.providers.memory import MemoryProvider
from tests.cli.memory import Account, account_for
from tests.cli.service import Home
from tests.cli.test_copying import Cloudfs


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    return account_for(home, monkeypatch)


def test_what_the_service_tells_is_shown(account: Account, cloudfs: Cloudfs):
    account.service.quota = 10 << 30
    account.write("/f", b"x" * 1024)
    assert cloudfs("df", "work:").out == "total 10.0 GiB, used 1.0 KiB, free 10.0 GiB\n"


def test_what_it_does_not_tell_is_unknown(
    account: Account, cloudfs: Cloudfs, monkeypatch: pytest.MonkeyPatch
):
    async def quota(_: MemoryProvider) -> Quota:
        return Quota(used=1 << 20)

    monkeypatch.setattr(MemoryProvider, "quota", quota)
    assert cloudfs("df", "work:").out == "total unknown, used 1.0 MiB, free unknown\n"
    said = cloudfs("df", "work:", "--json")
    assert json.loads(said.out) == {"total": None, "used": 1 << 20, "free": None}


def test_so_is_all_where_a_service_tells_nothing(
    home: Home, cloudfs: Cloudfs, account: Account, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        MemoryProvider, "capabilities", replace(MemoryProvider.capabilities, quota=False)
    )
    said = cloudfs("df", "work:")
    assert (said.status, said.out) == (0, "total unknown, used unknown, free unknown\n")
