"""What a listing changes in the tree, and what it leaves alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from cloudfs.model import Entry, EntryId, Kind, ListingTag, Page, Version
from cloudfs.tree.attributes import Attributes, own_modified
from cloudfs.tree.nodes import Node
from tests.tree.looking import Looking, Service, looking


@pytest.fixture
async def service():
    service = Service()
    await service.mkdir("/docs")
    await service.put("/docs/a")
    await service.put("/docs/b")
    return service


@pytest.fixture
async def look(service: Service, tmp_path: Path):
    async with looking(service, tmp_path) as look:
        yield look


@pytest.fixture
async def docs(look: Looking):
    docs = await look.node("/docs")
    await look.listings.ensure(docs)
    return docs


class Held:
    """A listing that was made by the service and is still on its way here."""

    def __init__(self, look: Looking, folder: Node) -> None:
        self._look = look
        self._folder = folder
        self._done = trio.Event()

    async def __aenter__(self) -> None:
        self._gate = self._look.register.gate = trio.Event()
        asked = self._look.register.asked
        self._look.listings.expire(self._folder)
        self._folder.listing.tag = None
        self._look.behind.start_soon(self._read)
        while self._look.register.asked == asked:
            await trio.lowlevel.checkpoint()
        self._look.register.gate = None

    async def _read(self) -> None:
        await self._look.listings.refresh(self._folder)
        self._done.set()

    async def __aexit__(self, *_: object) -> None:
        self._gate.set()
        await self._done.wait()


# Announcements ----------------------------------------------------------------------------------


async def test_a_first_listing_announces_nothing(look: Looking, docs: Node, mock_clock: MockClock):
    assert look.heard.names == []


async def test_new_and_removed_names_are_announced(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    await service.put("/docs/c")
    await service.rm("/docs/a")
    look.expire()
    assert await look.ls("/docs") == {"b", "c"}
    assert sorted(look.heard.names) == ["/docs/a", "/docs/c"]


async def test_a_new_content_is_announced_and_keeps_the_node(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    await service.put("/docs/a", b"new content")
    look.expire()
    await look.ls("/docs")
    assert docs.children["a"] is node
    assert node.entry is not None
    assert node.entry.size == 11
    assert (look.heard.contents, look.heard.attributes, look.heard.names) == (["/docs/a"], [], [])


async def test_a_new_time_is_announced_as_that(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    entry = docs.children["a"].entry
    assert entry is not None
    await service.another().set_modified(entry, 42)
    service.service.touch(entry.parent_id)
    look.expire()
    await look.ls("/docs")
    assert (look.heard.contents, look.heard.attributes, look.heard.names) == ([], ["/docs/a"], [])
    assert docs.children["a"].entry.modified_ns == 42  # type: ignore[union-attr]  # it has one


async def test_what_has_not_changed_is_not_announced(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    docs.listing.tag = None
    look.expire()
    await look.ls("/docs")
    heard = look.heard
    assert (heard.names, heard.contents, heard.attributes, heard.orphaned) == ([], [], [], [])


# What other clients do --------------------------------------------------------------------------


async def test_a_file_that_is_renamed_elsewhere_stays_the_same_file(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    await service.mv("/docs/a", "/docs/c")
    look.expire()
    await look.ls("/docs")
    assert docs.children["c"] is node
    assert "a" not in docs.children
    assert sorted(look.heard.names) == ["/docs/a", "/docs/c"]


async def test_files_that_change_names_elsewhere_do_so_here(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    a, b = docs.children["a"], docs.children["b"]
    await service.mv("/docs/a", "/docs/t")
    await service.mv("/docs/b", "/docs/a")
    await service.mv("/docs/t", "/docs/b")
    look.expire()
    await look.ls("/docs")
    assert docs.children == {"a": b, "b": a}
    assert set(look.heard.names) == {"/docs/a", "/docs/b"}


async def test_a_row_of_renames_elsewhere_is_followed(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    await service.put("/docs/c")
    look.expire()
    await look.ls("/docs")
    before = dict(docs.children)
    await service.rm("/docs/c")
    await service.mv("/docs/b", "/docs/c")
    await service.mv("/docs/a", "/docs/b")
    look.expire()
    await look.ls("/docs")
    assert docs.children == {"b": before["a"], "c": before["b"]}


async def test_a_file_that_moves_to_another_folder_elsewhere_stays_the_same_file(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    await service.mv("/docs/a", "/moved")
    look.expire()
    assert await look.ls() == {"docs", "moved"}
    assert look.tree.root.children["moved"] is node
    assert await look.ls("/docs") == {"b"}
    assert {"/docs/a", "/moved"} <= set(look.heard.names)


async def test_a_file_that_leaves_a_folder_which_is_then_removed_is_not_lost(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    """One listing says both: the folder is gone, and what was in it is here."""
    await service.mv("/docs/a", "/saved")
    await service.rm("/docs")
    look.expire()
    assert await look.ls() == {"saved"}
    look.expire()
    assert await look.ls() == {"saved"}


async def test_a_file_that_outlives_its_folder_keeps_its_number_and_attributes(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        node.own().mode = 0o700
        await look.register.keep_attributes(node)
        await service.mv("/docs/a", "/saved")
        await service.rm("/docs")
        look.expire()
        await look.ls()
        saved = look.tree.root.children["saved"]
        assert saved.number == node.number
    async with looking(service, tmp_path) as look:
        saved = await look.node("/saved")
        assert saved.number == node.number
        assert saved.attributes == Attributes(mode=0o700)


async def test_a_file_that_moves_while_both_folders_are_read_is_not_lost(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    await service.mkdir("/other")
    look.expire()
    other = await look.node("/other")
    await look.ls("/other")
    await service.mv("/docs/a", "/other/a")
    await service.put("/other/new")
    async with Held(look, other):
        look.listings.expire(docs)
        assert await look.ls("/docs") == {"b"}
    assert set(other.children) == {"a", "new"}


async def test_folders_that_change_places_elsewhere_do_so_here(
    service: Service, look: Looking, mock_clock: MockClock
):
    """/outer/inner becomes /inner/outer; whichever folder is looked at first."""
    await service.mkdir("/outer")
    await service.mkdir("/outer/inner")
    await service.put("/outer/inner/file")
    inner = await look.node("/outer/inner")
    await look.ls("/outer/inner")
    await service.mv("/outer/inner", "/inner")
    await service.mv("/outer", "/inner/outer")
    look.expire()
    await look.listings.ensure(inner)
    with trio.fail_after(5):
        assert inner.path() == "/outer/inner", "it is not known yet where it is now"
        assert await look.ls("/") == {"docs", "inner"}
        assert await look.ls("/inner") == {"file", "outer"}
        assert await look.ls("/inner/outer") == set()


@pytest.mark.parametrize("own", [True, False])
async def test_a_folder_that_is_listed_in_itself_does_not_get_there(
    own: bool, service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    entry = docs.entry if own else look.tree.root.entry
    assert entry is not None

    def in_itself(page: Page, _: int) -> Page:
        return replace(page, entries=(*page.entries, replace(entry, name="self")))

    service.retouch = in_itself
    await service.put("/docs/c")
    look.expire()
    await look.listings.ensure(docs)
    assert set(docs.children) == {"a", "b", "c"}
    assert docs.path() == "/docs"
    assert look.tree.root.parent is None


@pytest.mark.parametrize("is_open", [False, True])
async def test_a_file_that_becomes_a_folder_of_the_same_id_is_a_folder(
    is_open: bool, service: Service, tmp_path: Path, mock_clock: MockClock
):
    """Where ids are paths, another thing in the same place has the same id."""

    def a_is_a_folder(page: Page, _: int) -> Page:
        entries = (
            replace(e, kind=Kind.FOLDER, version=Version("")) if e.name == "a" else e
            for e in page.entries
        )
        return replace(page, entries=tuple(entries))

    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        docs = look.tree.root.children["docs"]
        node.own().mode = 0o600
        await look.register.keep_attributes(node)
        if is_open:
            look.tree.opened(node)
        service.retouch = a_is_a_folder
        docs.listing.tag = None
        await look.listings.refresh(docs)
        fresh = docs.children["a"]
        assert fresh.is_folder
        assert fresh.attributes is None, "a folder that only its owner may read cannot be entered"
        assert docs.subfolders == 1
        assert set(look.heard.names) == {"/docs/a"}
    async with looking(service, tmp_path) as look:
        again = await look.node("/docs/a")
        assert again.number == fresh.number
        assert again.attributes is None


async def test_a_file_that_became_a_folder_while_nobody_looked_is_one(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        node.own().mode = 0o600
        await look.register.keep_attributes(node)
        found = await look.register.of([replace(node.entry, kind=Kind.FOLDER)])  # type: ignore[type-var]  # it has one
    (known,) = found.values()
    assert known.number != node.number
    assert known.attributes is None


async def test_a_folder_with_changes_in_it_that_became_a_file_stays_and_its_owner_is_told(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    def docs_is_a_file(page: Page, _: int) -> Page:
        return replace(page, entries=tuple(replace(e, kind=Kind.FILE) for e in page.entries))

    look.made_here(docs, "mine")
    service.retouch = docs_is_a_file
    look.tree.root.listing.tag = None
    await look.listings.refresh(look.tree.root)
    assert look.tree.root.children == {"docs": docs}
    assert docs.is_folder
    assert docs.entry is not None
    assert docs.entry.is_folder
    assert look.heard.orphaned == [docs]


# Open files -------------------------------------------------------------------------------------


async def test_an_open_file_that_is_replaced_elsewhere_stays_and_the_name_leads_to_a_new_one(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    old = node.entry
    look.tree.opened(node)
    await service.put("/docs/a", b"new content")
    look.expire()
    await look.ls("/docs")
    fresh = docs.children["a"]
    assert fresh is not node
    assert fresh.number != node.number
    assert (node.parent, node.entry) == (None, old)
    assert look.tree.known(node.number) is node
    assert fresh.entry is not None
    assert fresh.entry.size == 11
    assert look.tree.by_id(fresh.entry.id) is fresh
    assert look.heard.names == ["/docs/a"]
    look.tree.closed(node)
    assert look.tree.known(node.number) is None


async def test_what_replaces_an_open_file_has_its_attributes_also_after_a_restart(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        node = await look.node("/docs/a")
        node.own().mode = 0o700
        node.own().xattrs["user.x"] = b"1"
        await look.register.keep_attributes(node)
        look.tree.opened(node)
        await service.put("/docs/a", b"new content")
        look.expire()
        fresh = await look.node("/docs/a")
        node.own().mode = 0o600
        node.own().xattrs["user.x"] = b"2"
        assert fresh.attributes == Attributes(mode=0o700, xattrs={"user.x": b"1"})
    async with looking(service, tmp_path) as look:
        again = await look.node("/docs/a")
        assert again.number == fresh.number
        assert again.attributes == fresh.attributes


async def test_an_open_file_that_is_removed_elsewhere_stays_for_those_who_have_it(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    look.tree.opened(node)
    await service.rm("/docs/a")
    look.expire()
    assert await look.ls("/docs") == {"b"}
    assert look.tree.node(node.number) is node
    assert node.entry is not None


async def test_what_appears_under_the_id_of_a_removed_open_file_has_a_number_of_its_own(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    look.tree.opened(node)
    (item,) = [i for i in service.service.children(EntryId(docs.entry.id)) if i.entry.name == "a"]  # type: ignore[union-attr]  # it has one
    await service.rm("/docs/a")
    look.expire()
    await look.ls("/docs")
    item.deleted_ns = None
    service.service.touch(item.entry.parent_id)
    look.expire()
    await look.ls("/docs")
    assert docs.children["a"].number != node.number


# What was done here -----------------------------------------------------------------------------


async def test_what_was_made_here_while_a_listing_was_on_its_way_stays(
    look: Looking, docs: Node, mock_clock: MockClock
):
    async with Held(look, docs):
        mine = look.made_here(docs, "mine")
        mine.changed = False  # and it is on the service already
    assert docs.children["mine"] is mine
    assert set(docs.children) == {"a", "b", "mine"}


async def test_what_was_removed_here_while_a_listing_was_on_its_way_does_not_come_back(
    look: Looking, docs: Node, mock_clock: MockClock
):
    async with Held(look, docs):
        look.removed_here(docs.children["a"])
    assert set(docs.children) == {"b"}


async def test_what_was_renamed_here_while_a_listing_was_on_its_way_keeps_its_new_name(
    look: Looking, docs: Node, mock_clock: MockClock
):
    node = docs.children["a"]
    async with Held(look, docs):
        look.renamed_here(node, "c")
    assert docs.children["c"] is node
    assert set(docs.children) == {"b", "c"}


async def test_a_listing_that_was_overtaken_is_read_whole_next_time_and_not_remembered(
    service: Service, tmp_path: Path, mock_clock: MockClock
):
    async with looking(service, tmp_path) as look:
        docs = await look.node("/docs")
        await look.ls("/docs")
        await service.put("/docs/c")
        async with Held(look, docs):
            look.tree.touch(docs, "x")
        assert docs.listing.tag is None
        service.conditions.clear()
        look.listings.expire(docs)
        await look.listings.ensure(docs)
        assert service.conditions == [None]
        assert docs.listing.tag is not None
        assert docs.listing.touched == {}


async def test_what_was_removed_here_and_is_still_there_is_not_shown(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    entry = docs.children["a"].entry
    assert entry is not None
    look.tree.departed.add(entry.id)
    look.removed_here(docs.children["a"])
    docs.listing.touched.clear()
    await service.put("/docs/c")
    look.expire()
    assert await look.ls("/docs") == {"b", "c"}
    look.tree.departed.clear()
    docs.listing.tag = None
    look.expire()
    assert await look.ls("/docs") == {"a", "b", "c"}


@pytest.mark.parametrize("pin", ["changed", "writers"])
async def test_what_is_pinned_stays_as_it_is_here(
    pin: str, service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    gone, renamed, edited = docs.children["a"], docs.children["b"], None
    await service.put("/docs/c")
    look.expire()
    await look.ls("/docs")
    edited = docs.children["c"]
    before = edited.entry
    for node in (gone, renamed, edited):
        setattr(node, pin, 1)
    await service.rm("/docs/a")
    await service.mv("/docs/b", "/docs/elsewhere")
    await service.put("/docs/c", b"theirs, longer")
    look.heard.names.clear()
    look.expire()
    await look.ls("/docs")
    assert docs.children == {"a": gone, "b": renamed, "c": edited}
    assert edited.entry == before
    assert look.heard.names == look.heard.contents == []
    for node in (gone, renamed, edited):
        setattr(node, pin, 0)
    docs.listing.tag = None
    look.expire()
    await look.ls("/docs")
    assert docs.children == {"elsewhere": renamed, "c": edited}


async def test_a_name_that_is_taken_here_is_not_given_to_what_appears_there(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    mine = look.made_here(docs, "new")
    await service.put("/docs/new", b"theirs")
    look.expire()
    await look.ls("/docs")
    assert docs.children["new"] is mine


async def test_a_file_whose_new_name_is_taken_here_gives_way(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    mine = look.made_here(docs, "new")
    number = docs.children["a"].number
    await service.mv("/docs/a", "/docs/new")
    look.expire()
    await look.ls("/docs")
    assert docs.children["new"] is mine
    assert "a" not in docs.children
    assert look.tree.known(number) is None
    assert "/docs/a" in look.heard.names


async def test_a_folder_with_changes_in_it_is_not_removed_but_its_owner_is_told(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    look.made_here(docs, "mine")
    await service.rm("/docs")
    look.expire()
    assert await look.ls() == {"docs"}
    assert look.heard.orphaned == [docs]
    assert set(docs.children) == {"a", "b", "mine"}


async def test_a_folder_with_nothing_waiting_is_removed_with_all_below_it(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    numbers = [node.number for node in docs.tree()]
    await service.rm("/docs")
    look.expire()
    assert await look.ls() == set()
    assert [n for n in numbers if look.tree.known(n)] == []
    assert look.heard.names == ["/docs"]


# What servers send ------------------------------------------------------------------------------

HOSTILE = [
    "../../etc/passwd",
    "/",
    "a/b",
    ".",
    "..",
    "",
    "x" * 300,
    "a\0b",
    "bad\ud800",
    "same",
    "same",
]


async def test_names_that_lead_elsewhere_are_shown_in_their_folder(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    def hostile(page: Page, _: int) -> Page:
        entries = [
            Entry(id=EntryId(f"h{at}"), parent_id=None, name=name, kind=Kind.FILE)
            for at, name in enumerate(HOSTILE)
        ]
        return Page(entries=tuple(entries), tag=ListingTag("hostile"))

    service.retouch = hostile
    docs.listing.tag = None
    await look.listings.refresh(docs)
    names = set(docs.children)
    assert len(names) == len(HOSTILE)
    assert not [n for n in names if n in {"", ".", ".."} or "/" in n or "\0" in n]
    assert max(len(name.encode()) for name in names) <= 255
    for name in names:
        assert docs.children[name].parent is docs
        assert docs.children[name].path() == f"/docs/{name}"


async def test_one_strange_entry_does_not_fail_the_others(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    def strange(page: Page, _: int) -> Page:
        entry = Entry(
            id=EntryId("strange\ud800"), parent_id=None, name="strange", kind=Kind.FILE, size=-1
        )
        return replace(page, entries=(*page.entries, entry))

    service.retouch = strange
    await service.put("/docs/c")
    look.expire()
    assert await look.ls("/docs") >= {"a", "b", "c"}


async def test_an_entry_that_is_listed_twice_is_one(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    service.retouch = lambda page, _: replace(page, entries=page.entries * 2)
    await service.put("/docs/c")
    look.expire()
    assert await look.ls("/docs") == {"a", "b", "c"}


async def test_a_link_that_becomes_a_file_is_one_here(
    service: Service, look: Looking, docs: Node, mock_clock: MockClock
):
    await service.put("/docs/l.rclonelink", b"target")
    look.expire()
    await look.ls("/docs")
    assert docs.children["l"].is_symlink
    number = docs.children["l"].number
    await service.mv("/docs/l.rclonelink", "/docs/l")
    look.expire()
    await look.ls("/docs")
    assert not docs.children["l"].is_symlink
    assert docs.children["l"].number == number
    assert "/docs/l" in look.heard.names


async def test_a_version_that_depends_on_the_path_is_no_new_content(
    look: Looking, docs: Node, service: Service
):
    node = docs.children["a"]
    before = node.entry
    assert before is not None
    node.relocated = True
    node.attributes = Attributes(modified_ns=5, modified_version=before.version)
    service.retouch = lambda page, _: replace(
        page, entries=tuple(replace(e, version=Version(f"moved-{e.version}")) for e in page.entries)
    )
    docs.listing.tag = None
    await look.listings.refresh(docs)
    assert docs.children["a"] is node
    assert node.aliases == {before.version}
    assert node.entry is not None
    assert node.entry.version == f"moved-{before.version}"
    assert own_modified(node) == 5
    assert look.heard.contents == ["/docs/b"]
