"""The recycle bin (reference 3.11 to 3.13)."""

import pytest

from cloudfs.errors import AlreadyExists, CloudError, NotFound, TransientError
from cloudfs.model import Entry, EntryId, Kind, TrashItem
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.origins import REMEMBERED, Origins
from cloudfs.providers.asus.provider import AsusProvider
from cloudfs.providers.asus.trash import numbered
from cloudfs.providers.facets import Trash
from tests.conftest import Announced
from tests.providers.asus.faults import disturbances, outcome, requests_of
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BACKUP, BIN, HOME, SYNC_FOLDER, Node

TOP = EntryId(f"d{SYNC_FOLDER}")


def id_of(node: Node) -> EntryId:
    return EntryId(f"{'d' if node.folder else 'f'}{node.number}")


def bin_of(provider: AsusProvider) -> Trash:
    assert provider.trash is not None
    return provider.trash


async def items(provider: AsusProvider) -> dict[str, TrashItem]:
    return {item.id: item async for page in bin_of(provider).items() for item in page}


async def thrown_away(provider: AsusProvider, node: Node) -> TrashItem:
    entry = await provider.stat(id_of(node))
    await provider.remove(entry, recursive=True)
    return (await items(provider))[entry.id]


async def test_what_is_in_the_bin_is_told(service: FakeAsus):
    folder, file = service.add_folder("/folder"), service.add_file("/file", b"data")
    service.add_file("/folder/inner")
    provider = service.provider()
    for node in (folder, file):
        await thrown_away(provider, node)
    found = await items(provider)
    assert set(found) == {id_of(folder), id_of(file)}
    item = found[id_of(file)]
    assert (item.name, item.kind, item.size) == ("file", Kind.FILE, 4)
    assert item.deleted_ns == file.stamp * 10**9
    assert item.entry_id == id_of(file)
    assert item.origin_parent_id == TOP
    assert bin_of(provider).tells_origin is False


async def test_the_bin_has_pages_and_namesakes(service: FakeAsus):
    for _ in range(7):
        service.add(BIN, "same", folder=False)
    assert len(await items(service.provider(pagesize=3))) == 7


# Restoring --------------------------------------------------------------------------------------


async def test_a_thing_goes_back_where_this_client_took_it_from(service: FakeAsus):
    service.add_folder("/folder")
    file = service.add_file("/folder/file", b"data")
    notes: dict[str, str] = {}
    item = await thrown_away(service.provider(notes), file)
    later = service.provider(notes)  # another process
    restored = await bin_of(later).restore(item)
    assert (restored.id, restored.name) == (id_of(file), "file")
    assert restored.parent_id == id_of(service.named("/folder"))
    assert "/folder/file" in service.paths()
    assert await items(later) == {}


async def test_what_others_removed_goes_to_the_top(service: FakeAsus):
    service.add_folder("/folder")
    file = service.add_file("/folder/file")
    file.parent = BIN
    provider = service.provider()
    (item,) = (await items(provider)).values()
    assert item.origin_parent_id is None
    await bin_of(provider).restore(item)
    assert "/file" in service.paths()


async def test_what_others_removed_may_go_to_a_folder_for_it(service: FakeAsus):
    folder = service.add_folder("/restored")
    file = service.add_file("/file")
    file.parent = BIN
    provider = service.provider(restore_folder=f"id:{folder.number}")
    (item,) = (await items(provider)).values()
    await bin_of(provider).restore(item)
    assert "/restored/file" in service.paths()


async def test_a_folder_that_is_gone_too_is_no_place_to_go_back_to(service: FakeAsus):
    folder = service.add_folder("/folder")
    file = service.add_file("/folder/file")
    provider = service.provider()
    item = await thrown_away(provider, file)
    await thrown_away(provider, folder)
    restored = await bin_of(provider).restore(item)
    assert restored.parent_id == TOP
    assert "/file" in service.paths()


async def test_a_folder_comes_back_with_what_is_in_it(service: FakeAsus):
    folder = service.add_folder("/folder")
    service.add_file("/folder/file", b"data")
    provider = service.provider()
    item = await thrown_away(provider, folder)
    await bin_of(provider).restore(item)
    assert service.named("/folder/file").data == b"data"


async def test_from_another_tree_it_goes_back_to_that(service: FakeAsus):
    file = service.add_file("file", b"x", parent=HOME)
    provider = service.provider(root="all")
    trees = {e.name: e async for page in provider.list_folder(EntryId("all")) for e in page.entries}
    entry = await provider.find(trees["MyCollection"].id, "file")
    await provider.remove(entry)
    (item,) = (await items(provider)).values()
    restored = await bin_of(provider).restore(item)
    assert (restored.id, restored.parent_id) == (f"f{file.number}@0", "d0@0")
    assert file.parent == HOME


async def test_a_thing_whose_name_is_taken_gets_a_number(service: FakeAsus):
    file = service.add_file("/file.tar.gz", b"old")
    provider = service.provider()
    item = await thrown_away(provider, file)
    service.add_file("/FILE.tar.gz", b"new")
    service.add_file("/file.tar (2).gz", b"another")
    restored = await bin_of(provider).restore(item)
    assert (restored.name, restored.id) == ("file.tar (3).gz", id_of(file))
    assert {path: node.data for path, node in service.paths().items()} == {
        "/FILE.tar.gz": b"new",
        "/file.tar (2).gz": b"another",
        "/file.tar (3).gz": b"old",
    }


@pytest.mark.parametrize(
    ("name", "is_folder", "expected"),
    [
        ("a.txt", False, "a (2).txt"),
        ("a", False, "a (2)"),
        (".hidden", False, ".hidden (2)"),
        ("a.d", True, "a.d (2)"),
        ("a.", False, "a (2)."),
    ],
)
def test_a_number_goes_before_the_extension(name: str, is_folder: bool, expected: str):
    assert numbered(name, 2, is_folder=is_folder) == expected


async def test_a_name_of_which_all_numbers_are_taken_is_refused(service: FakeAsus):
    file = service.add_file("/file", b"old")
    provider = service.provider()
    item = await thrown_away(provider, file)
    for name in ["file", *(f"file ({number})" for number in range(2, 30))]:
        service.add_file(f"/{name}")
    with pytest.raises(AlreadyExists):
        await bin_of(provider).restore(item)
    assert any(node is file for node in service.nodes.values())


async def test_what_is_not_in_the_bin_is_not_restored(service: FakeAsus):
    file = service.add_file("/file")
    provider = service.provider()
    for number in ("f4711", id_of(file)):
        with pytest.raises(NotFound):
            await bin_of(provider).restore(TrashItem(id=number, name="x", kind=Kind.FILE))


async def test_what_is_deep_in_the_bin_is_not_restored_alone(service: FakeAsus):
    folder = service.add_folder("/folder")
    inner = service.add_file("/folder/inner")
    provider = service.provider()
    await thrown_away(provider, folder)
    with pytest.raises(NotFound):
        await bin_of(provider).restore(TrashItem(id=id_of(inner), name="inner", kind=Kind.FILE))
    assert inner.parent == folder.number


async def test_a_lack_of_space_is_said_at_once(service: FakeAsus):
    file = service.add_file("/file")
    provider = service.provider()
    item = await thrown_away(provider, file)
    service.refuse("file/restore", 242)
    with pytest.raises(CloudError) as caught:
        await bin_of(provider).restore(item)
    assert caught.value.errno == 28
    assert len(service.of("file/restore")) == 1


@pytest.mark.parametrize("taken", [False, True])
async def test_a_restoration_cut_short_anywhere_is_completed_by_a_repeat(
    taken: bool,
    hasty: object,
    announce: Announced,
):
    announce("could not be undone")

    async def prepared() -> tuple[FakeAsus, AsusProvider, TrashItem]:
        service = FakeAsus()
        service.add_folder("/folder")
        file = service.add_file("/folder/file", b"data")
        provider = service.provider()
        item = await thrown_away(provider, file)
        if taken:
            service.add_file("/folder/file", b"new")
        return service, provider, item

    expected = (
        {"/folder", "/folder/file", "/folder/file (2)"} if taken else {"/folder", "/folder/file"}
    )
    service, provider, item = await prepared()
    count = await requests_of(service, lambda: bin_of(provider).restore(item))
    assert set(service.paths()) == expected
    for what, disturb in disturbances(count):
        service, provider, item = await prepared()
        service.disturbed_by(disturb)
        failure = await outcome(lambda p=provider, i=item: bin_of(p).restore(i))
        service.disturb = None
        assert any(node.data == b"data" for node in service.nodes.values()), what
        if failure is not None:
            again = await outcome(lambda p=provider, i=item: bin_of(p).restore(i))
            assert again is None or isinstance(again, NotFound), (what, failure, again)
        assert set(service.paths()) >= expected, (what, failure)
        left = set(service.paths()) - expected
        assert all(".cloudfs-tmp-" in path for path in left), (what, left)
        assert not [n for n in service.paths().values() if not n.folder and ".cloudfs" in n.name]


# Purging ----------------------------------------------------------------------------------------


async def test_only_what_is_named_is_purged(service: FakeAsus):
    nodes = [service.add_file(f"/file {number}") for number in range(3)]
    nodes.append(service.add_folder("/folder"))
    provider = service.provider()
    found = [await thrown_away(provider, node) for node in nodes]
    service.calls.clear()
    await bin_of(provider).purge([found[0], found[2], found[3]])
    assert service.routes() == ["file/clearrecyclebin", "folder/clearrecyclebin"]
    assert set(await items(provider)) == {id_of(nodes[1])}


async def test_what_is_gone_already_is_no_error_and_no_obstacle(service: FakeAsus):
    nodes = [service.add_file(f"/file {number}") for number in range(5)]
    provider = service.provider()
    found = [await thrown_away(provider, node) for node in nodes]
    service.drop(nodes[3])
    await bin_of(provider).purge(found)
    assert await items(provider) == {}
    await bin_of(provider).purge(found)


async def test_what_is_back_in_use_is_not_purged(service: FakeAsus):
    file = service.add_file("/file")
    provider = service.provider()
    item = await thrown_away(provider, file)
    await bin_of(provider).restore(item)
    await bin_of(provider).purge([item])
    assert "/file" in service.paths()


async def test_the_bin_itself_is_never_purged_by_its_number(service: FakeAsus):
    """It would mean all that is in it."""
    file = service.add_file("/file")
    provider = service.provider()
    await thrown_away(provider, file)
    await bin_of(provider).purge([TrashItem(id=f"d{BIN}", name="bin", kind=Kind.FOLDER)])
    assert set(await items(provider)) == {id_of(file)}


async def test_the_bin_can_be_emptied(service: FakeAsus):
    for node in (service.add_file("/file"), service.add_folder("/folder")):
        await thrown_away(service.provider(), node)
    kept = service.add_file("/kept")
    provider = service.provider()
    await bin_of(provider).empty()
    assert await items(provider) == {}
    assert list(service.paths().values()) == [kept]


async def test_a_lost_answer_to_a_purge_is_asked_for_again(service: FakeAsus, hasty: object):
    file = service.add_file("/file")
    provider = service.provider()
    item = await thrown_away(provider, file)
    service.lose_answer("file/clearrecyclebin")
    await bin_of(provider).purge([item])
    assert await items(provider) == {}


async def test_a_purge_that_fails_is_reported(service: FakeAsus, hasty: object):
    file = service.add_file("/file")
    provider = service.provider()
    item = await thrown_away(provider, file)
    service.refuse("file/clearrecyclebin", 999, times=4)
    with pytest.raises(TransientError):
        await bin_of(provider).purge([item])
    assert set(await items(provider)) == {item.id}


# Where things came from -------------------------------------------------------------------------


async def test_things_removed_together_are_remembered_too(service: FakeAsus):
    service.add_folder("/a")
    nodes = [service.add_file("/a/one"), service.add_file("/two")]
    provider = service.provider()
    entries: list[Entry] = [await provider.stat(id_of(node)) for node in nodes]
    await provider.remove_many(entries)
    found = await items(provider)
    assert found[id_of(nodes[0])].origin_parent_id == id_of(service.named("/a"))
    assert found[id_of(nodes[1])].origin_parent_id == TOP


def test_only_the_latest_origins_are_kept():
    notes: dict[str, str] = {}
    origins = Origins(notes)
    folder = Ref(Kind.FOLDER, "1")
    for number in range(REMEMBERED + 5):
        origins.remember([Ref(Kind.FILE, str(number))], folder)
    later = Origins(notes)
    assert later.of(Ref(Kind.FILE, "4")) is None
    assert later.of(Ref(Kind.FILE, "5")) == "d1"
    assert later.of(Ref(Kind.FOLDER, "5")) is None


@pytest.mark.parametrize("note", ["", "{", "[]", "null", "5", '"x"', '{"f5": 5}'])
async def test_a_note_of_origins_that_is_damaged_is_no_obstacle(service: FakeAsus, note: str):
    file = service.add_file("/file", parent=BACKUP)
    file.parent = BIN
    notes: dict[str, str] = {}
    await service.provider(notes).open()
    notes["origins"] = note.replace("f5", f"f{file.number}")
    provider = service.provider(notes)
    (item,) = (await items(provider)).values()
    await bin_of(provider).restore(item)
    assert "/file" in service.paths()
