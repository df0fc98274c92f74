"""`cloudfs versions`: older contents of a file are listed, fetched and made current."""

import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloudfs.cli import downloading
from cloudfs.errors import ConnectionLost, LinkExpired
from cloudfs.model import DownloadLink
from cloudfs.providers.memory import MemoryProvider
from tests.cli.memory import Account, account_for
from tests.cli.service import Home, Said, Service

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = account_for(home, monkeypatch)
    for data in (b"one", b"two!", b"three"):
        account.write("/a/f.txt", data)
    return account


def test_versions_are_listed_newest_first(account: Account, cloudfs: Cloudfs):
    said = cloudfs("versions", "list", "work:a/f.txt")
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines] == ["5", "4", "3"]
    assert [line.endswith("current") for line in lines] == [True, False, False]


def test_an_older_content_is_fetched(account: Account, cloudfs: Cloudfs, tmp_path: Path):
    said = cloudfs("versions", "get", "work:a/f.txt", "v1", str(tmp_path / "old"))
    assert (said.status, (tmp_path / "old").read_bytes()) == (0, b"one")
    said = cloudfs("versions", "get", "work:a/f.txt", "v2", str(tmp_path), "--json")
    assert json.loads(said.out) == {"file": str(tmp_path / "f.txt"), "size": 4}
    assert (tmp_path / "f.txt").read_bytes() == b"two!"


def test_a_file_here_is_not_overwritten_unless_it_is_meant(
    account: Account, cloudfs: Cloudfs, tmp_path: Path
):
    path = tmp_path / "mine"
    path.write_bytes(b"mine")
    said = cloudfs("versions", "get", "work:a/f.txt", "v1", str(path))
    assert (said.status, path.read_bytes()) == (2, b"mine")
    assert cloudfs("versions", "get", "work:a/f.txt", "v1", str(path), "--force").status == 0
    assert path.read_bytes() == b"one"


def test_a_version_that_is_not_there_leaves_no_file(
    account: Account, cloudfs: Cloudfs, tmp_path: Path
):
    said = cloudfs("versions", "get", "work:a/f.txt", "v99", str(tmp_path / "old"))
    assert said.status == 1
    assert "v99" in said.err
    assert not list(tmp_path.glob("*old*"))


def test_a_broken_download_goes_on_where_it_was(
    account: Account, cloudfs: Cloudfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(downloading, "PAUSE", 0.0)
    starts: list[int] = []

    def prepare(client: MemoryProvider) -> None:
        whole = client.fetch

        @asynccontextmanager
        async def fetch(link: DownloadLink, start: int, stop: int):
            starts.append(start)
            if len(starts) == 2:
                raise LinkExpired("it is old")
            async with whole(link, start, min(stop, start + 1)) as pieces:
                yield pieces
            if start + 1 < stop:
                raise ConnectionLost("the connection broke")

        client.fetch = fetch

    account.prepare = prepare
    said = cloudfs("versions", "get", "work:a/f.txt", "v2", str(tmp_path / "old"))
    assert (said.status, (tmp_path / "old").read_bytes()) == (0, b"two!")
    assert starts == [0, 1, 1, 2, 3]


def test_an_older_content_becomes_the_current_one_and_nothing_is_lost(
    account: Account, cloudfs: Cloudfs
):
    said = cloudfs("versions", "restore", "work:a/f.txt", "v1")
    assert (said.status, said.out) == (0, "f.txt is what it was as v1, 3 B\n")
    assert account.read("/a/f.txt") == b"one"
    assert len(json.loads(cloudfs("versions", "list", "work:a/f.txt", "--json").out)) == 4


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("work:a", "work:a is a folder; only files have versions"),
        ("work:a/none/f", "there is no work:/a/none"),
    ],
)
def test_what_has_no_versions_is_told_in_one_line(
    target: str, reason: str, account: Account, cloudfs: Cloudfs
):
    said = cloudfs("versions", "list", target)
    assert (said.status, said.err) == (1, f"cloudfs: {reason}\n")


@pytest.mark.parametrize("type_", ["cloudike", "podspace"])
def test_of_ten_saves_the_third_comes_back(
    type_: str, home: Home, cloudfs: Cloudfs, serve: Serve, tmp_path: Path
):
    service = serve(type_)
    if type_ == "podspace":
        service.configure(version_limit=20)  # a matter of the account's plan
    home.remote("work", type=type_, **service.account)
    for number in range(10):
        service.do(lambda number=number: service.emulator.write("/f", b"x" * (number + 1)))
    found = json.loads(cloudfs("versions", "list", "work:f", "--json").out)
    assert [version["size"] for version in found] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    third = found[7]["version"]
    said = cloudfs("versions", "get", "work:f", third, str(tmp_path / "third"))
    assert (said.status, (tmp_path / "third").read_bytes()) == (0, b"xxx"), said.err
    assert cloudfs("versions", "restore", "work:f", third).status == 0
    assert service.do(service.emulator.tree)["/f"] == b"xxx"


def test_a_service_without_versions_is_named(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("asuswebstorage")
    home.remote("work", type="asuswebstorage", **service.account)
    said = cloudfs("versions", "list", "work:f")
    assert said.status == 1
    assert said.err == "cloudfs: ASUS WebStorage has no versions of files that cloudfs can use\n"
