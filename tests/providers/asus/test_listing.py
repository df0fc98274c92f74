"""Looking (reference 3.1 to 3.3): pages and their traps, the bin, the trees, times and names."""

import pytest

from cloudfs.errors import BadReply, ConfigError, NotAFolder, NotFound, ReadOnly, TransientError
from cloudfs.model import EntryId, Kind, Page
from cloudfs.providers.asus.provider import AsusProvider
from cloudfs.providers.base import IdKind, Verb
from tests.conftest import Announced
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BACKUP, BIN, HOME, SYNC, SYNC_FOLDER
from tests.support import listing

TOP = EntryId(f"d{SYNC_FOLDER}")
BROWSE = "inforelay/browsefolder"
INFO = "fsentry/getentryinfo"


async def pages(provider: AsusProvider, folder_id: EntryId = TOP) -> list[Page]:
    return [page async for page in provider.list_folder(folder_id)]


# Pages ------------------------------------------------------------------------------------------


async def test_an_empty_folder_is_empty(service: FakeAsus):
    """It answers page 0 to a question for page 1."""
    assert await listing(service.provider(), TOP) == {}
    assert len(service.of(BROWSE)) == 1


@pytest.mark.parametrize("past_end_is_empty", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 7])
async def test_a_folder_is_listed_whole(service: FakeAsus, count: int, past_end_is_empty: bool):
    service.past_end_is_empty = past_end_is_empty
    for number in range(count):
        service.add_file(f"/file {number}")
    entries = await listing(service.provider(pagesize=3), TOP)
    assert set(entries) == {f"file {number}" for number in range(count)}
    assert len(service.of(BROWSE)) == -(-count // 3)
    assert [call.get("pageno") for call in service.of(BROWSE)] == ["1", "2", "3"][: -(-count // 3)]


async def test_folders_and_files_of_one_number_are_two_entries(service: FakeAsus):
    folder, file = service.add_folder("/folder"), service.add_file("/file")
    del service.nodes[file.key]
    file.number = folder.number
    service.nodes[file.key] = file
    entries = await listing(service.provider(), TOP)
    assert {entry.id for entry in entries.values()} == {"d1002", "f1002"}


async def test_a_page_that_is_told_again_ends_the_listing(service: FakeAsus):
    """What comes past the end is the last page again, whatever it says of a next one."""
    for number in range(2):
        service.add_file(f"/file {number}")
    page = service.told(BROWSE, folderid=SYNC_FOLDER, pageno="1", pagesize="500")
    forever = page.replace("<hasnextpage>0<", "<hasnextpage>1<")
    for _ in range(9):
        service.fail(BROWSE, service.answer(forever))
    assert set(await listing(service.provider(), TOP)) == {"file 0", "file 1"}
    assert len(service.of(BROWSE)) == 2


async def test_a_listing_needs_no_pages(service: FakeAsus):
    service.add_file("/file")
    told = service.told(BROWSE, folderid=SYNC_FOLDER, pageno="1", pagesize="500")
    start, end = told.index("<page>"), told.index("</page>") + len("</page>")
    service.fail(BROWSE, service.answer(told[:start] + told[end:]))
    assert set(await listing(service.provider(), TOP)) == {"file"}
    assert len(service.of(BROWSE)) == 1


@pytest.mark.parametrize("api", ["browsefolder", "folder_browse"])
async def test_both_calls_list_the_same(service: FakeAsus, api: str):
    service.add_folder("/folder")
    service.add_file("/résumé & co", b"data")
    entries = await listing(service.provider(pagesize=1, listing_api=api), TOP)
    assert {name: e.size for name, e in entries.items()} == {"folder": 0, "résumé & co": 4}
    assert all(entry.parent_id == TOP for entry in entries.values())


# A folder that changes while it is listed -------------------------------------------------------


async def test_an_entry_removed_between_two_pages_makes_none_slip_through(service: FakeAsus):
    for number in range(6):
        service.add_file(f"/file {number}")
    service.before_page[2] = lambda: service.drop(service.named("/file 0"))
    entries = await listing(service.provider(pagesize=3), TOP)
    assert set(entries) == {f"file {number}" for number in range(1, 6)}


async def test_an_entry_added_between_two_pages_makes_none_come_twice(service: FakeAsus):
    for number in range(6):
        service.add_file(f"/file {number}")
    service.before_page[2] = lambda: service.add_file("/a new one")
    entries = await listing(service.provider(pagesize=3), TOP)
    assert set(entries) == {"a new one", *(f"file {number}" for number in range(6))}


async def test_a_listing_that_begins_anew_says_so(service: FakeAsus):
    for number in range(4):
        service.add_file(f"/file {number}")
    service.before_page[2] = lambda: service.drop(service.named("/file 0"))
    told = await pages(service.provider(pagesize=2))
    assert [page.restart for page in told].count(True) == 1
    since = [page.restart for page in told].index(True)
    names = [entry.name for page in told[since:] for entry in page.entries]
    assert sorted(names) == ["file 1", "file 2", "file 3"]


async def test_a_folder_that_never_rests_is_listed_all_the_same(service: FakeAsus):
    for number in range(4):
        service.add_file(f"/file {number}")

    def act() -> None:
        service.add_file(f"/new {len(service.calls)}")
        service.before_page[2] = act

    service.before_page[2] = act
    entries = await listing(service.provider(pagesize=2), TOP)
    assert {f"file {number}" for number in range(4)} <= set(entries)
    assert len(service.of(BROWSE)) < 20


async def test_a_service_that_counts_wrongly_is_not_asked_again_for_ever(service: FakeAsus):
    service.also_counted = 1
    for number in range(4):
        service.add_file(f"/file {number}")
    provider = service.provider(pagesize=2)
    assert len(await listing(provider, TOP)) == 4
    service.calls.clear()
    assert len(await listing(provider, TOP)) == 4
    assert len(service.of(BROWSE)) == 2


# What an entry says -----------------------------------------------------------------------------


async def test_a_file_is_described(service: FakeAsus):
    file = service.add_file("/file", b"data")
    file.marks = "1 7"
    provider = service.provider()
    entry = await provider.stat(EntryId("f5001"))
    (listed,) = (await listing(provider, TOP)).values()
    for one in (entry, listed):
        assert (one.id, one.parent_id, one.name, one.kind) == ("f5001", TOP, "file", Kind.FILE)
        assert (one.size, one.version) == (4, "1")
        assert one.modified_ns == 1_600_000_000 * 10**9
    assert entry.mime == "text/plain"
    assert entry.created_ns == 1_600_000_000 * 10**9
    assert listed.extra["markid"] == "1 7"


async def test_a_time_that_the_listing_leaves_out_comes_from_a_look(service: FakeAsus):
    """Reference 3.2: without a time in the listing it is asked for when needed, and remembered."""
    service.tells_modified = False
    file = service.add_file("/file", b"data")
    provider = service.provider()
    (listed,) = (await listing(provider, TOP)).values()
    assert listed.modified_ns == file.stamp * 10**9  # the change stamp, for want of better
    await provider.stat(listed.id)
    (listed,) = (await listing(provider, TOP)).values()
    assert listed.modified_ns == 1_600_000_000 * 10**9
    service.write(file, b"other", "<lastwritetime>1700000000</lastwritetime>")
    (listed,) = (await listing(provider, TOP)).values()
    assert listed.modified_ns == file.stamp * 10**9  # not the time of the old content
    service.calls.clear()
    await listing(provider, TOP)
    assert service.routes() == [BROWSE]


async def test_a_time_zone_can_be_set(service: FakeAsus):
    service.tells_modified = False
    file = service.add_file("/file")
    provider = service.provider(time_zone="Asia/Taipei")
    (listed,) = (await listing(provider, TOP)).values()
    assert listed.modified_ns == (file.stamp - 8 * 3600) * 10**9


async def test_names_that_no_drive_can_show_are_left_out(service: FakeAsus):
    service.add_file("/good")
    for name in ("a/b", "..", "."):
        service.add(SYNC_FOLDER, name, folder=False)
    assert set(await listing(service.provider(pagesize=2), TOP)) == {"good"}


# One entry --------------------------------------------------------------------------------------


async def test_an_entry_is_found_by_its_very_name(service: FakeAsus):
    file = service.add_file("/Read & me.txt", b"x")
    provider = service.provider()
    assert (await provider.find(TOP, "Read & me.txt")).id == f"f{file.number}"
    with pytest.raises(NotFound):
        await provider.find(TOP, "read & ME.txt")
    with pytest.raises(NotFound):
        await provider.find(TOP, "Read")


@pytest.mark.parametrize("spelling", ["system.notfund", "system.notfound", "", "system.whatever"])
async def test_what_is_not_there_is_not_found_however_it_is_said(service: FakeAsus, spelling: str):
    service.not_found = spelling
    with pytest.raises(NotFound):
        await service.provider().find(TOP, "missing")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "x" * 256, "\udcff"])
async def test_a_name_that_nothing_can_have_costs_no_request(service: FakeAsus, name: str):
    with pytest.raises(NotFound):
        await service.provider().find(TOP, name)
    assert service.calls == []


async def test_a_parent_that_is_missing_has_no_children(service: FakeAsus):
    provider = service.provider()
    with pytest.raises(NotFound):
        await provider.find(EntryId("d4711"), "x")
    with pytest.raises(NotFound):
        await provider.find(EntryId("f5001"), "x")
    with pytest.raises(NotFound):
        await pages(provider, EntryId("d4711"))
    with pytest.raises(NotFound):
        await provider.stat(EntryId("d4711"))


async def test_a_file_has_no_listing(service: FakeAsus):
    file = service.add_file("/file")
    with pytest.raises(NotAFolder):
        await pages(service.provider(), EntryId(f"f{file.number}"))


# The bin ----------------------------------------------------------------------------------------


async def test_what_is_in_the_bin_is_not_there(service: FakeAsus):
    """The service still tells of it (3.2)."""
    file, folder = service.add_file("/file"), service.add_folder("/folder")
    inner = service.add_file("/folder/inner")
    deep = service.add_folder("/folder/deep")
    deepest = service.add_file("/folder/deep/file")
    provider = service.provider()
    file.parent = folder.parent = BIN
    for gone in (f"f{file.number}", f"d{folder.number}", f"f{inner.number}", f"d{deep.number}"):
        with pytest.raises(NotFound):
            await provider.stat(EntryId(gone))
    with pytest.raises(NotFound):
        await provider.stat(EntryId(f"f{deepest.number}"))
    for gone in (f"d{folder.number}", f"d{deep.number}", f"d{BIN}"):
        with pytest.raises(NotFound):
            await pages(provider, EntryId(gone))


async def test_the_bin_is_asked_for_once(service: FakeAsus):
    notes: dict[str, str] = {}
    service.add_file("/file")
    for _ in range(2):
        provider = service.provider(notes)
        await listing(provider, TOP)
        await provider.stat(EntryId("f5001"))
    assert len(service.of("folder/getpersonalsystemfolder")) == 1


async def test_an_account_may_have_no_bin(service: FakeAsus):
    notes: dict[str, str] = {}
    service.refuse("folder/getpersonalsystemfolder", 225)
    provider = service.provider(notes)
    assert await listing(provider, TOP) == {}
    assert await listing(provider, TOP) == {}
    assert provider.trash is not None
    assert [item async for items in provider.trash.items() for item in items] == []
    assert len(service.of("folder/getpersonalsystemfolder")) == 1
    assert "bin" not in notes


# What the drive shows ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "number"), [("sync", SYNC_FOLDER), ("home", HOME), ("backup", BACKUP)]
)
async def test_the_drive_shows_a_tree(service: FakeAsus, root: str, number: str):
    service.add_file("inside", parent=number)
    provider = service.provider(root=root)
    await provider.open()
    top = await provider.root()
    assert (top.id, top.name, top.parent_id, top.is_folder) == (f"d{number}", "", None, True)
    entries = await listing(provider, top.id)
    assert set(entries) == {"inside"}
    assert await provider.stat(top.id) == top


async def test_the_drive_shows_any_folder(service: FakeAsus):
    folder = service.add_folder("/folder")
    service.add_file("/folder/file")
    provider = service.provider(root=f"id:{folder.number}")
    await provider.open()
    assert set(await listing(provider, (await provider.root()).id)) == {"file"}
    assert provider.changes is not None  # it is in the sync tree
    assert provider.domain(EntryId("f1")) == SYNC


async def test_a_folder_elsewhere_tells_no_changes(service: FakeAsus):
    folder = service.add_folder("backed up", parent=BACKUP)
    provider = service.provider(root=f"id:{folder.number}")
    await provider.open()
    assert provider.changes is None
    assert provider.domain(EntryId("f1")) == BACKUP


@pytest.mark.parametrize("root", ["id:4711", "id:900"])
async def test_a_folder_that_is_not_there_is_a_mistake_in_the_settings(
    service: FakeAsus, root: str
):
    with pytest.raises(ConfigError, match=root):
        await service.provider(root=root).open()


async def test_the_drive_shows_somebody_else_s_folder(service: FakeAsus):
    service.add_file("file", b"x", parent="77")
    provider = service.provider(root="id:77")
    await provider.open()
    root = await provider.root()
    assert root.id == "d77@77"
    assert set(await listing(provider, root.id)) == {"file"}
    await provider.create_folder(root.id, "new")
    assert {node.name for node in service.children("77")} == {"file", "new"}


async def test_the_drive_shows_all_trees_side_by_side(service: FakeAsus):
    service.add_file("/synced")
    service.add_file("at home", parent=HOME)
    provider = service.provider(root="all")
    await provider.open()
    root = await provider.root()
    assert (root.id, root.writable) == ("all", False)
    trees = await listing(provider, root.id)
    assert set(trees) == {"MySyncFolder", "MyCollection", "MyBackup"}
    assert set(await listing(provider, trees["MySyncFolder"].id)) == {"synced"}
    home = await listing(provider, trees["MyCollection"].id)
    assert set(home) == {"at home"}
    assert await provider.stat(home["at home"].id) == await provider.find(
        trees["MyCollection"].id, "at home"
    )
    for name, tree in trees.items():
        assert await provider.find(root.id, name) == tree
        assert await provider.stat(tree.id) == tree
    assert len({provider.domain(tree.id) for tree in trees.values()}) == 3
    with pytest.raises(NotFound):
        await provider.find(root.id, "MyTrash")
    with pytest.raises(ReadOnly):
        await provider.create_folder(root.id, "new")


async def test_other_trees_are_further_roots(service: FakeAsus):
    service.add_file("at home", parent=HOME)
    provider = service.provider()
    assert provider.roots is not None
    roots = dict(await provider.roots.roots())
    assert {name: root.id for name, root in roots.items()} == {
        "MyCollection": "d0@0",
        "MyBackup": "d-3@-3",
    }
    (file,) = (await listing(provider, roots["MyCollection"].id)).values()
    assert (file.id, file.parent_id) == ("f5001@0", "d0@0")
    assert provider.domain(file.id) == HOME != provider.domain(TOP)
    assert (await provider.stat(roots["MyCollection"].id)).parent_id is None
    assert await service.provider(root="all").roots.roots() == []  # type: ignore[union-attr]


# Opening ----------------------------------------------------------------------------------------


async def test_opening_makes_sure_that_the_top_is_there(service: FakeAsus):
    provider = service.provider()
    await provider.open()
    assert [call.route for call in service.calls] == [
        "member/requestservicegateway",
        "member/acquiretoken",
        "folder/getmysyncfolder",
        BROWSE,
        "folder/getpersonalsystemfolder",
    ]
    await provider.open()
    assert [call.route for call in service.calls][5:] == [BROWSE]


async def test_a_service_without_the_call_for_listings_is_named(service: FakeAsus):
    service.fail(BROWSE, service.answer("", status=404))
    with pytest.raises(ConfigError, match="no such call"):
        await service.provider().open()


async def test_a_service_that_is_down_can_be_opened_later(
    service: FakeAsus, hasty: object, announce: Announced
):
    service.disturbed_by(lambda _: "down")
    provider = service.provider()
    with pytest.raises(TransientError):
        await provider.open()
    service.disturb = None
    await provider.open()
    assert await listing(provider, TOP) == {}


async def test_a_listing_that_says_nothing_is_not_taken_for_an_empty_folder(
    service: FakeAsus, hasty: object
):
    service.add_file("/file")
    for text in ("", "<html>", "<browse></browse>"):
        for _ in range(4):
            service.fail(BROWSE, service.answer(text))
        with pytest.raises(TransientError):
            await pages(service.provider())
    service.fail(BROWSE, service.answer("<browse><status>0</status><file/></browse>"))
    with pytest.raises(BadReply):
        await pages(service.provider())


async def test_what_the_service_can_do_is_declared(service: FakeAsus):
    can = service.provider().capabilities
    assert can.ids is IdKind.STABLE
    assert can.conditional == {Verb.CREATE, Verb.REPLACE}
    assert (can.unique_names, can.case_sensitive) == (True, False)
    assert (can.copy, can.quota, can.set_modified) == (True, True, True)
    assert can.modified_step_ns == 10**9
    assert (can.checksum, can.keeps_versions, can.listing_tags) == (None, False, False)
    assert can.removes_at_once == 500
    assert can.names.problem("a;b") == "contains ';'"
    assert can.names.problem("a|b") == "contains '|'"
    assert can.names.problem("a\tb") == "contains a control character"
    assert not can.names.too_long("é" * 255)
    assert can.names.too_long("é" * 256)
    settled = service.provider(
        forbidden="|", on_conflict="overwrite", use_updateattribute=False
    ).capabilities
    assert settled.names.problem("a;b") is None
    assert settled.conditional == {Verb.CREATE}
    assert settled.set_modified is False
