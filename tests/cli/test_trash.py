"""`cloudfs trash`: a bin is looked into, things come back, and what goes for ever was meant."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from cloudfs.cli.binned import Binned, Choice
from cloudfs.errors import ConfigError, NotFound, Unavailable
from cloudfs.model import Kind, TrashItem
from cloudfs.providers.memory import MemoryProvider
from tests.cli.memory import Account, account_for
from tests.cli.service import Home, Said, Service, Terminal

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]

DAY = 24 * 60 * 60 * 1_000_000_000


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    return account_for(home, monkeypatch)


@pytest.fixture
def binned(account: Account) -> Account:
    """An account with four things in its bin, of which two have one name."""
    for path in ("/a/b.txt", "/a/c/d.txt", "/e.txt", "/x/e.txt"):
        account.write(path, path.encode())
    for path in ("/a/b.txt", "/a/c", "/e.txt", "/x/e.txt"):
        account.remove(path)
    return account


def table(said: Said) -> list[dict[str, object]]:
    assert said.status == 0, said.err
    return json.loads(said.out)


# Listing ----------------------------------------------------------------------------------------


def test_the_bin_is_listed_with_sizes_dates_and_old_paths(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "list", "work:")
    assert said.status == 0
    lines = said.out.splitlines()
    assert len(lines) == 4
    assert "8 B" in lines[0]
    assert "2023-11-14" in lines[0]
    assert "  /a/b.txt  [id" in lines[0]
    assert "  /a/c/  [id" in lines[1]


def test_a_program_is_told_the_same(binned: Account, cloudfs: Cloudfs):
    found = table(cloudfs("trash", "list", "work:", "--json"))
    assert [each["origin"] for each in found] == ["/a/b.txt", "/a/c", "/e.txt", "/x/e.txt"]
    assert {each["kind"] for each in found} == {"file", "folder"}
    assert all(isinstance(each["deleted_ns"], int) and each["id"] for each in found)


@pytest.mark.parametrize(
    ("words", "origins"),
    [
        (["e.txt"], ["/e.txt", "/x/e.txt"]),
        (["*.txt"], ["/a/b.txt", "/e.txt", "/x/e.txt"]),
        (["/a/*"], ["/a/b.txt", "/a/c"]),
        (["x/e.txt"], ["/x/e.txt"]),
        (["c", "b.*"], ["/a/b.txt", "/a/c"]),
        (["nothing"], []),
    ],
)
def test_patterns_are_for_names_and_with_a_slash_for_paths(
    words: list[str], origins: list[str], binned: Account, cloudfs: Cloudfs
):
    found = table(cloudfs("trash", "list", "work:", *words, "--json"))
    assert [each["origin"] for each in found] == origins


def test_what_was_deleted_lately_is_not_older(binned: Account, cloudfs: Cloudfs):
    for item in binned.service.binned():
        if item.entry.name == "e.txt":
            item.deleted_ns = time.time_ns() - 2 * DAY
    found = table(cloudfs("trash", "list", "work:", "e.txt", "--older-than", "1d", "--json"))
    assert len(found) == 2
    assert table(cloudfs("trash", "list", "work:", "e.txt", "--older-than", "3d", "--json")) == []


def test_an_origin_that_is_gone_is_not_invented(account: Account, cloudfs: Cloudfs):
    account.write("/a/b.txt", b"b")
    account.remove("/a/b.txt")
    account.remove("/a")
    found = table(cloudfs("trash", "list", "work:", "--json"))
    assert {each["name"]: each["origin"] for each in found} == {"b.txt": None, "a": "/a"}


def test_a_name_cannot_command_the_terminal(account: Account, cloudfs: Cloudfs):
    account.write("/\x1b[2Jevil\n", b"")
    account.remove("/\x1b[2Jevil\n")
    said = cloudfs("trash", "list", "work:")
    assert "/\\x1b[2Jevil\\n  [" in said.out


# Restoring --------------------------------------------------------------------------------------


def test_what_is_restored_is_where_it_was(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "restore", "work:", "b.txt", "c")
    assert (said.status, sorted(said.out.splitlines())) == (0, ["/a/b.txt", "/a/c"])
    assert binned.read("/a/b.txt") == b"/a/b.txt"
    assert binned.read("/a/c/d.txt") == b"/a/c/d.txt"
    assert binned.bin() == ["e.txt", "e.txt"]


def test_parents_are_restored_before_what_was_in_them(account: Account, cloudfs: Cloudfs):
    account.write("/a/b.txt", b"b")
    account.remove("/a/b.txt")
    account.remove("/a")
    assert cloudfs("trash", "restore", "work:", "*").status == 0
    assert account.tree() == {"/a": None, "/a/b.txt": b"b"}


def test_an_id_chooses_one_of_two(binned: Account, cloudfs: Cloudfs):
    found = table(cloudfs("trash", "list", "work:", "x/e.txt", "--json"))
    said = cloudfs("trash", "restore", "work:", str(found[0]["id"]))
    assert (said.status, said.out) == (0, "/x/e.txt\n")
    assert binned.bin() == ["b.txt", "c", "e.txt"]


def test_a_place_that_is_taken_is_told(binned: Account, cloudfs: Cloudfs):
    binned.write("/a/b.txt", b"new")
    said = cloudfs("trash", "restore", "work:", "b.txt")
    assert said.out == "/a/b (2).txt  (not where it was: that is gone, or taken)\n"
    assert binned.read("/a/b.txt") == b"new"


def test_something_is_restored_to_a_new_path(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "restore", "work:", "b.txt", "--to", "/x/other.txt")
    assert (said.status, said.out) == (0, "/x/other.txt\n")
    assert binned.read("/x/other.txt") == b"/a/b.txt"


def test_several_are_restored_into_a_folder(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "restore", "work:", "b.txt", "c", "--to", "work:/x", "--json")
    assert {each["path"] for each in table(said)} == {"/x/b.txt", "/x/c"}


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("/nowhere/b.txt", "there is no work:/nowhere"),
        ("/x/", "exists"),
        ("/x/taken", "exists"),
        ("other:/x", "no remote"),
    ],
)
def test_nothing_leaves_the_bin_when_the_place_is_wrong(
    to: str, reason: str, binned: Account, cloudfs: Cloudfs
):
    binned.write("/x/b.txt", b"")
    binned.write("/x/taken", b"")
    before = binned.bin()
    said = cloudfs("trash", "restore", "work:", "b.txt", "--to", to)
    assert said.status in {1, 2}
    assert reason in said.err
    assert len(said.err.splitlines()) == 1
    assert binned.bin() == before


def test_one_that_fails_does_not_keep_the_others_in_the_bin(
    binned: Account, cloudfs: Cloudfs, monkeypatch: pytest.MonkeyPatch
):
    def prepare(client: MemoryProvider) -> None:
        whole = client.trash.restore

        async def restore(item: TrashItem):
            if item.name == "b.txt":
                raise Unavailable("the service has a bad day")
            return await whole(item)

        client.trash.restore = restore

    binned.prepare = prepare
    said = cloudfs("trash", "restore", "work:", "b.txt", "c")
    assert (said.status, said.out) == (1, "/a/c\n")
    assert said.err == "cloudfs: b.txt: the service has a bad day\n"


def test_a_word_that_means_nothing_stops_everything(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "restore", "work:", "b.txt", "nothing")
    assert (said.status, said.err) == (1, "cloudfs: nothing in the bin is nothing\n")
    assert "b.txt" in binned.bin()


# For ever ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("purge", "work:", "b.txt"), ("empty", "work:")])
def test_nothing_goes_for_ever_unless_it_is_meant(
    command: tuple[str, ...], binned: Account, cloudfs: Cloudfs
):
    said = cloudfs("trash", *command, stdin="y\n")
    assert (said.status, "--yes" in said.err) == (2, True)
    assert len(binned.bin()) == 4


def test_what_is_purged_is_gone_and_nothing_else(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "purge", "work:", "e.txt", "c", "--yes")
    assert (said.status, said.out) == (0, "removed for ever: 3 things, 14 B\n")
    assert binned.bin() == ["b.txt"]


def test_the_bin_is_emptied(binned: Account, cloudfs: Cloudfs):
    said = cloudfs("trash", "empty", "work:", "--yes")
    assert (said.status, said.out) == (0, "the bin of work: is empty\n")
    assert binned.bin() == []


def test_what_is_old_is_emptied_and_the_rest_stays(binned: Account, cloudfs: Cloudfs):
    for item in binned.service.binned():
        item.deleted_ns = time.time_ns() - (40 if item.entry.name == "e.txt" else 20) * DAY
    said = cloudfs("trash", "empty", "work:", "--older-than", "30d", "--yes", "--json")
    assert [each["name"] for each in json.loads(said.out)["removed"]] == ["e.txt", "e.txt"]
    assert binned.bin() == ["b.txt", "c"]


def test_an_id_that_is_also_a_name_is_not_guessed():
    first = Binned(TrashItem(id="7", name="a", kind=Kind.FILE), None)
    second = Binned(TrashItem(id="8", name="7", kind=Kind.FILE), None)
    with pytest.raises(ConfigError, match=r"write \[7\] for the name"):
        Choice(["7"], older_than=None).decide([first, second])
    assert Choice(["[7]"], older_than=None).decide([second]) == [second]
    assert Choice(["8"], older_than=None).decide([first, second]) == [second]
    with pytest.raises(NotFound):
        Choice(["9"], older_than=None).decide([first, second])


def test_a_name_with_brackets_means_itself():
    item = TrashItem(id="1", name="a[1].txt", kind=Kind.FILE)
    choice = Choice(["a[1].txt"], older_than=None)
    assert choice.fits(Binned(item, None))
    assert choice.fits(Binned(replace(item, name="a1.txt"), None))


# On services --------------------------------------------------------------------------------------

TYPES = ["asuswebstorage", "cloudike", "podspace"]


@pytest.fixture
def work(home: Home, serve: Serve) -> Callable[[str], Service]:
    def start(type_: str) -> Service:
        service = serve(type_)
        home.remote("work", type=type_, **service.account)
        return service

    return start


def fill(service: Service, names: list[str]) -> None:
    def do() -> None:
        for name in names:
            service.emulator.write(f"/d/{name}", name.encode())
            service.emulator.remove(f"/d/{name}")

    service.do(do)


def names_in_bin(service: Service) -> list[str]:
    return service.do(lambda: sorted(each.path for each in service.emulator.bin()))


@pytest.mark.parametrize("type_", TYPES)
def test_a_thing_comes_back_with_its_content(
    type_: str, work: Callable[[str], Service], cloudfs: Cloudfs
):
    service = work(type_)
    fill(service, ["a.txt", "ü #+.txt"])
    said = cloudfs("trash", "restore", "work:", "ü*")
    assert said.status == 0, said.err
    where = "/ü #+.txt" if type_ == "asuswebstorage" else "/d/ü #+.txt"
    assert service.do(service.emulator.tree)[where] == "ü #+.txt".encode()
    assert ("does not tell where it was" in said.out) == (type_ == "asuswebstorage")
    assert len(names_in_bin(service)) == 1


@pytest.mark.parametrize("type_", TYPES)
def test_many_are_purged_by_few_requests(
    type_: str, work: Callable[[str], Service], cloudfs: Cloudfs
):
    service = work(type_)
    fill(service, [f"{number}.txt" for number in range(30)] + ["kept"])
    said = cloudfs("trash", "purge", "work:", "*.txt", "--yes")
    assert (said.status, said.out[:27]) == (0, "removed for ever: 30 things"), said.err
    requests = service.received("purge") + service.received("batch")
    assert requests == {"asuswebstorage": 1, "cloudike": 1, "podspace": 1}[type_]
    assert [path.rpartition("/")[2] for path in names_in_bin(service)] == ["kept"]


@pytest.mark.parametrize("type_", TYPES)
def test_a_bin_is_emptied_by_one_request_and_not_listed(
    type_: str, work: Callable[[str], Service], cloudfs: Cloudfs
):
    service = work(type_)
    fill(service, ["1", "2", "3"])
    said = cloudfs("trash", "empty", "work:", "--yes")
    assert said.status == 0, said.err
    found_bin = 1 if type_ == "asuswebstorage" else 0  # which folder it is
    assert (service.received("purge"), service.received("trash-list")) == (1, found_bin)
    assert names_in_bin(service) == []


def test_an_age_that_the_service_does_not_tell_is_refused(
    work: Callable[[str], Service], cloudfs: Cloudfs
):
    fill(work("podspace"), ["1"])
    said = cloudfs("trash", "empty", "work:", "--older-than", "30d", "--yes")
    assert (said.status, len(said.err.splitlines())) == (1, 1)
    assert said.err.startswith("cloudfs: PodSpace has no time of deletion")


def test_a_service_without_a_bin_is_named(
    home: Home, cloudfs: Cloudfs, account: Account, monkeypatch: pytest.MonkeyPatch
):
    def prepare(client: MemoryProvider) -> None:
        client.trash = None

    account.prepare = prepare
    said = cloudfs("trash", "list", "work:")
    assert said.err == "cloudfs: An account in memory has no recycle bin that cloudfs can use\n"
    assert said.status == 1


@pytest.mark.parametrize(("typed", "left"), [("y", 1), ("no", 3), ("", 3)])
def test_a_person_is_asked(
    typed: str, left: int, home: Home, work: Callable[[str], Service], cloudfs: Cloudfs
):
    service = work("podspace")
    fill(service, ["a.txt", "b.txt", "kept"])
    terminal = Terminal(home, "trash", "purge", "work:", "*.txt")
    terminal.answer("remove this for ever, 2 things, 10 B? [y/N] ", typed)
    assert terminal.end() == (0 if typed == "y" else 1)
    assert "in the bin of work: a.txt, b.txt" in terminal.seen
    assert len(names_in_bin(service)) == left
