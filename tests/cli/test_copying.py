"""`cloudfs cp`: copies that the service makes; nothing is overwritten."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from cloudfs.errors import AccessDenied
from cloudfs.model import Entry, EntryId
from cloudfs.providers.memory import MemoryProvider
from tests.cli.memory import Account, account_for
from tests.cli.service import Home, Said, Service

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = account_for(home, monkeypatch)
    for path in ("/a/f", "/a/sub/g", "/a/sub/h", "/b/x"):
        account.write(path, path.encode())
    return account


@pytest.mark.parametrize(
    ("to", "path"),
    [("work:b", "/b/f"), ("work:/b/", "/b/f"), ("work:b/new", "/b/new"), ("work:", "/f")],
)
def test_a_copy_goes_into_a_folder_or_to_a_new_path(
    to: str, path: str, account: Account, cloudfs: Cloudfs
):
    said = cloudfs("cp", "work:a/f", to)
    assert (said.status, said.out) == (0, f"{path}\n")
    assert account.read(path) == account.read("/a/f") == b"/a/f"


def test_what_is_there_is_not_overwritten(account: Account, cloudfs: Cloudfs):
    before = account.tree()
    said = cloudfs("cp", "work:a/f", "work:b/x")
    assert (said.status, said.err) == (1, "cloudfs: x exists in b\n")
    assert account.tree() == before


def test_a_folder_is_copied_with_all_that_is_in_it(account: Account, cloudfs: Cloudfs):
    assert "copy it with -r" in cloudfs("cp", "work:a", "work:c").err
    said = cloudfs("cp", "-r", "work:a", "work:b")
    assert (said.status, said.out) == (0, "/b/a\n")
    tree = account.tree()
    assert (tree["/b/a/f"], tree["/b/a/sub/g"]) == (b"/a/f", b"/a/sub/g")


def test_a_folder_can_be_copied_into_itself_once(account: Account, cloudfs: Cloudfs):
    before = account.tree()
    assert cloudfs("cp", "-r", "work:a", "work:a/sub").status == 0
    tree = account.tree()
    assert {path for path in tree if path not in before} == {
        *("/a/sub/a", "/a/sub/a/f", "/a/sub/a/sub", "/a/sub/a/sub/g", "/a/sub/a/sub/h")
    }


def test_what_cannot_be_copied_is_told_and_the_rest_copied(account: Account, cloudfs: Cloudfs):
    def prepare(client: MemoryProvider) -> None:
        whole = client.copy

        async def copy(entry: Entry, folder_id: EntryId, name: str) -> Entry:
            if name == "g":
                raise AccessDenied("it is not yours")
            return await whole(entry, folder_id, name)

        client.copy = copy

    account.prepare = prepare
    said = cloudfs("cp", "-r", "work:a", "work:c", "--json")
    assert said.status == 1
    assert json.loads(said.out)["failures"] == ["a/sub/g: it is not yours"]
    assert {"/c/f", "/c/sub/h"} < set(account.tree())


def test_two_remotes_are_two_accounts(account: Account, home: Home, cloudfs: Cloudfs):
    home.write('[remotes.work]\ntype = "memory"\n[remotes.home]\ntype = "memory"\n')
    said = cloudfs("cp", "work:a/f", "home:")
    assert (said.status, "work: and home: are two" in said.err) == (2, True)


def test_a_service_that_cannot_copy_is_named(account: Account, cloudfs: Cloudfs):
    def prepare(client: MemoryProvider) -> None:
        client.capabilities = replace(client.capabilities, copy=False)

    account.prepare = prepare
    said = cloudfs("cp", "work:a/f", "work:b")
    assert said.status == 1
    assert said.err.startswith("cloudfs: An account in memory has no copying of files")


@pytest.mark.parametrize("type_", ["asuswebstorage", "cloudike", "podspace"])
def test_a_service_copies_without_a_byte_on_the_way(
    type_: str, home: Home, cloudfs: Cloudfs, serve: Serve
):
    service = serve(type_)
    home.remote("work", type=type_, **service.account)
    service.do(lambda: service.emulator.write("/a/f", b"x" * 1000))
    service.do(lambda: service.emulator.make_folder("/b"))
    assert cloudfs("cp", "work:a/f", "work:b").out == "/b/f\n"
    assert cloudfs("cp", "-r", "work:a", "work:b/c").out == "/b/c\n"
    tree = service.do(service.emulator.tree)
    assert tree["/b/f"] == tree["/b/c/f"] == b"x" * 1000
    sent = service.do(lambda: [r for r in service.emulator.requests.all() if r.sent >= 100_000])
    assert (service.received("download"), service.received("upload"), sent) == (0, 0, [])
