"""`cloudfs search`, `favorites`, `recent`: what the service picks out, with paths."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest

from cloudfs.model import Entry, EntryId, Found, Kind
from cloudfs.providers.facets import Search
from cloudfs.providers.memory import MemoryProvider
from tests.cli.memory import Account, account_for
from tests.cli.service import Home, Said, Service

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]
TYPES = ["asuswebstorage", "cloudike", "podspace"]


class FakeSearch(Search):
    """Finds what it is given, two at a time; knows how often it was asked for more."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.queries: list[str] = []
        self.pages = 0

    async def find(self, query: str) -> AsyncGenerator[Sequence[Found], None]:
        self.queries.append(query)
        for start in range(0, len(self.entries), 2):
            self.pages += 1
            yield [Found(entry=entry) for entry in self.entries[start : start + 2]]


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = account_for(home, monkeypatch)
    for name in ("a", "b", "c", "d", "e"):
        account.write(f"/deep/er/{name}", b"x")
    return account


def searching(account: Account, search: Search) -> None:
    asked: list[str] = account.requests

    def prepare(client: MemoryProvider) -> None:
        whole = client.stat

        async def stat(entry_id: EntryId) -> Entry:
            asked.append(entry_id)
            return await whole(entry_id)

        client.stat = stat
        client.search = search

    account.prepare = prepare


def test_what_is_found_is_told_by_its_path_and_each_folder_is_asked_for_once(
    account: Account, cloudfs: Cloudfs
):
    names = ("a", "b", "c", "d", "e")
    search = FakeSearch([account.entry(f"/deep/er/{name}") for name in names])
    searching(account, search)
    said = cloudfs("search", "work:", "two", "words")
    assert said.out.splitlines() == [f"/deep/er/{name}" for name in names]
    assert search.queries == ["two words"]
    assert len(account.requests) == 2


def test_no_more_is_asked_for_than_is_wanted(account: Account, cloudfs: Cloudfs):
    search = FakeSearch([account.entry(f"/deep/er/{name}") for name in ("a", "b", "c", "d", "e")])
    searching(account, search)
    found = json.loads(cloudfs("search", "work:", "x", "--limit", "3", "--json").out)
    assert [each["path"] for each in found] == ["/deep/er/a", "/deep/er/b", "/deep/er/c"]
    assert search.pages == 2
    assert cloudfs("search", "work:", "x", "--limit", "0").status == 2


def test_what_is_not_below_the_root_is_told_by_its_name(account: Account, cloudfs: Cloudfs):
    elsewhere = Entry(id=EntryId("zz"), parent_id=EntryId("gone"), name="shared", kind=Kind.FOLDER)
    searching(account, FakeSearch([elsewhere, account.entry("/deep")]))
    assert cloudfs("search", "work:", "x").out.splitlines() == ["shared/", "/deep/"]
    found = json.loads(cloudfs("search", "work:", "x", "--json").out)
    assert [each["path"] for each in found] == [None, "/deep"]


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["search", "work:", "x"], "search"),
        (["recent", "work:"], "list of recent files"),
        (["favorites", "work:"], "favourites"),
        (["favorites", "work:", "add", "/deep"], "favourites"),
    ],
)
def test_a_service_that_lacks_it_is_named(
    words: list[str], missing: str, account: Account, cloudfs: Cloudfs
):
    said = cloudfs(*words)
    assert said.err == f"cloudfs: An account in memory has no {missing} that cloudfs can use\n"
    assert said.status == 1


@pytest.fixture
def work(home: Home, serve: Serve) -> Callable[[str], Service]:
    def start(type_: str) -> Service:
        service = serve(type_)
        home.remote("work", type=type_, **service.account)
        for path in ("/a/report.txt", "/a/b/report two.txt", "/other"):
            service.do(lambda path=path: service.emulator.write(path, b"x"))
        return service

    return start


@pytest.mark.parametrize("type_", TYPES)
def test_a_service_searches(type_: str, work: Callable[[str], Service], cloudfs: Cloudfs):
    work(type_)
    said = cloudfs("search", "work:", "report")
    assert sorted(said.out.splitlines()) == ["/a/b/report two.txt", "/a/report.txt"]


@pytest.mark.parametrize("type_", TYPES)
def test_a_favourite_is_added_listed_and_removed(
    type_: str, work: Callable[[str], Service], cloudfs: Cloudfs
):
    work(type_)
    assert cloudfs("favorites", "work:", "add", "/a/report.txt", "other").status == 0
    found = cloudfs("favorites", "work:")
    assert sorted(found.out.splitlines()) == ["/a/report.txt", "/other"]
    assert cloudfs("favorites", "work:", "remove", "/other").status == 0
    assert cloudfs("favorites", "work:").out == "/a/report.txt\n"
    said = cloudfs("favorites", "work:", "add", "/a/none")
    assert (said.status, said.err) == (1, "cloudfs: there is no work:/a/none\n")
    assert cloudfs("favorites", "work:", "add").status == 2


@pytest.mark.parametrize("type_", TYPES)
def test_the_latest_are_told(type_: str, work: Callable[[str], Service], cloudfs: Cloudfs):
    work(type_)
    said = cloudfs("recent", "work:", "-l")
    assert said.status == 0, said.err
    assert "1 B" in said.out
    assert "/a/b/report two.txt" in said.out
    assert len(cloudfs("recent", "work:", "--limit", "1").out.splitlines()) == 1
