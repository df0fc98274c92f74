"""New folders, times, removal one by one and many at once (reference 3.4, 3.5.6, 3.10, 3.13)."""

import httpx
import pytest

from cloudfs.errors import (
    AlreadyExists,
    CloudError,
    InvalidName,
    NameTooLong,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.asus.provider import AsusProvider
from tests.providers.asus.faults import disturbances, outcome, requests_of
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BIN, HOME, SYNC_FOLDER, Node
from tests.support import listing

TOP = EntryId(f"d{SYNC_FOLDER}")
WHEN = 1_313_054_123


def id_of(node: Node) -> EntryId:
    return EntryId(f"{'d' if node.folder else 'f'}{node.number}")


async def looked_at(provider: AsusProvider, *nodes: Node) -> list[Entry]:
    return [await provider.stat(id_of(node)) for node in nodes]


def binned(service: FakeAsus) -> set[str]:
    return {node.name for node in service.children(BIN)}


# New folders ------------------------------------------------------------------------------------


async def test_a_folder_is_made_with_its_times(service: FakeAsus):
    provider = service.provider()
    made = await provider.create_folder(TOP, "Ordner & mehr")
    assert (made.id, made.parent_id, made.name) == ("d1002", TOP, "Ordner & mehr")
    assert service.routes() == ["folder/create"]
    seen = await provider.stat(made.id)
    assert (seen.name, seen.parent_id) == (made.name, TOP)
    assert seen.modified_ns == made.modified_ns
    assert seen.created_ns == made.created_ns


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((211, InvalidName), (212, InvalidName), (213, NameTooLong)),
        *((214, AlreadyExists), (218, NotFound)),
    ],
)
async def test_what_the_service_says_to_a_name_counts(
    service: FakeAsus, status: int, error: type[CloudError]
):
    service.refuse("folder/create", status)
    with pytest.raises(error):
        await service.provider().create_folder(TOP, "name")


async def test_names_that_differ_in_case_only_are_the_same(service: FakeAsus):
    service.add_folder("/Folder")
    with pytest.raises(AlreadyExists):
        await service.provider().create_folder(TOP, "FOLDER")


async def test_a_folder_is_not_made_twice_when_the_answer_is_lost(service: FakeAsus, hasty: object):
    service.lose_answer("folder/create")
    provider = service.provider()
    with pytest.raises(TransientError):
        await provider.create_folder(TOP, "folder")
    assert len(service.of("folder/create")) == 1
    with pytest.raises(AlreadyExists):
        await provider.create_folder(TOP, "folder")


async def test_a_file_is_no_place_for_a_folder(service: FakeAsus):
    file = service.add_file("/file")
    with pytest.raises(NotAFolder):
        await service.provider().create_folder(id_of(file), "folder")


# Times ------------------------------------------------------------------------------------------


async def test_times_change_and_all_else_in_the_blob_stays(service: FakeAsus):
    file = service.add_file("/file", b"data")
    file.attribute += "<finfo>kept</finfo>"
    before = file.attribute
    provider = service.provider()
    (entry,) = await looked_at(provider, file)
    changed = await provider.set_modified(entry, WHEN * 10**9 + 999)
    assert changed.modified_ns == WHEN * 10**9
    assert changed.version == entry.version
    assert file.attribute == before.replace("<lastwritetime>1600000000<", f"<lastwritetime>{WHEN}<")
    assert (await listing(provider, TOP))["file"].modified_ns == WHEN * 10**9


async def test_a_folder_has_times_too(service: FakeAsus):
    folder = service.add_folder("/folder")
    provider = service.provider()
    (entry,) = await looked_at(provider, folder)
    assert (await provider.set_modified(entry, WHEN * 10**9)).modified_ns == WHEN * 10**9
    assert folder.time("lastwritetime") == str(WHEN)


@pytest.mark.parametrize("answer", [225, 999, None])
async def test_a_service_without_the_call_is_asked_once(
    service: FakeAsus, answer: int | None, hasty: object
):
    (file,) = [service.add_file("/file", b"data")]
    provider = service.provider()
    (entry,) = await looked_at(provider, file)
    if answer is None:
        service.fail("file/updateattribute", httpx.Response(404))
    else:
        service.refuse("file/updateattribute", answer, times=4)
    with pytest.raises(Unsupported):
        await provider.set_modified(entry, WHEN * 10**9)
    assert provider.capabilities.set_modified is False
    service.calls.clear()
    with pytest.raises(Unsupported):
        await provider.set_modified(entry, WHEN * 10**9)
    assert service.calls == []


async def test_times_can_be_left_alone(service: FakeAsus):
    file = service.add_file("/file", b"data")
    provider = service.provider(use_updateattribute=False)
    (entry,) = await looked_at(provider, file)
    with pytest.raises(Unsupported):
        await provider.set_modified(entry, WHEN * 10**9)


async def test_a_failure_on_the_way_does_not_say_that_times_cannot_be_set(
    service: FakeAsus, hasty: object
):
    file = service.add_file("/file", b"data")
    provider = service.provider()
    (entry,) = await looked_at(provider, file)
    for _ in range(5):
        service.fail("file/updateattribute", httpx.ConnectError("down"))
    with pytest.raises(TransientError):
        await provider.set_modified(entry, WHEN * 10**9)
    service.faults.clear()
    await provider.set_modified(entry, WHEN * 10**9)
    file.parent = BIN
    with pytest.raises(NotFound):
        await provider.set_modified(entry, WHEN * 10**9)
    assert provider.capabilities.set_modified is True


# Removing one -----------------------------------------------------------------------------------


async def test_a_file_goes_to_the_bin(service: FakeAsus):
    file = service.add_file("/file", b"data")
    provider = service.provider()
    (entry,) = await looked_at(provider, file)
    service.calls.clear()
    await provider.remove(entry)
    assert service.routes() == ["file/remove"]
    assert binned(service) == {"file"}
    with pytest.raises(NotFound):
        await provider.remove(entry)


async def test_a_folder_goes_with_all_that_is_in_it_only_if_that_is_wanted(service: FakeAsus):
    folder = service.add_folder("/folder")
    service.add_file("/folder/file", b"data")
    provider = service.provider()
    (entry,) = await looked_at(provider, folder)
    with pytest.raises(NotEmpty):
        await provider.remove(entry)
    assert "/folder/file" in service.paths()
    service.calls.clear()
    await provider.remove(entry, recursive=True)
    assert service.routes() == ["folder/remove"]
    assert binned(service) == {"folder"}


async def test_an_empty_folder_is_looked_into_before_it_goes(service: FakeAsus):
    folder = service.add_folder("/folder")
    provider = service.provider()
    (entry,) = await looked_at(provider, folder)
    service.calls.clear()
    await provider.remove(entry)
    assert service.routes() == ["folder/ischildrenexist", "folder/remove"]


async def test_for_ever_is_for_ever(service: FakeAsus):
    file, folder = service.add_file("/file"), service.add_folder("/folder")
    service.add_file("/folder/file")
    provider = service.provider()
    for entry in await looked_at(provider, file, folder):
        await provider.remove(entry, recursive=True, permanently=True)
    assert service.paths() == {}
    assert binned(service) == set()


async def test_tops_and_system_folders_cannot_be_removed(service: FakeAsus):
    provider = service.provider()
    root = await provider.root()
    for number in (SYNC_FOLDER, HOME, "-3", "-5", BIN):
        entry = Entry(id=EntryId(f"d{number}"), parent_id=None, name="x", kind=root.kind)
        with pytest.raises(NotPermitted):
            await provider.remove(entry, recursive=True)
        assert isinstance((await provider.remove_many([entry]))[0], NotPermitted)
    assert [call for call in service.calls if "remove" in call.route] == []


async def test_somebody_else_s_shared_folder_is_left_not_removed(service: FakeAsus):
    provider = service.provider()
    assert provider.sharing is not None
    (entry,) = await provider.sharing.shared_with_me()
    await provider.remove(entry, recursive=True)
    assert service.routes()[-1] == "groupawareentry/rejectsharing"
    assert await provider.sharing.shared_with_me() == []


async def test_what_is_removed_from_a_shared_folder_is_not_looked_for_in_the_own_bin(
    service: FakeAsus,
):
    service.add_file("file", b"x", parent="77")
    provider = service.provider()
    file = await provider.find(EntryId("d77@77"), "file")
    await provider.remove(file, permanently=True)
    assert service.of("file/clearrecyclebin") == []
    assert service.children("77") == []


async def test_a_lost_answer_to_a_removal_is_looked_up(service: FakeAsus, hasty: object):
    file = service.add_file("/file")
    provider = service.provider()
    (entry,) = await looked_at(provider, file)
    service.lose_answer("file/remove")
    await provider.remove(entry)
    assert len(service.of("file/remove")) == 1
    other = service.add_file("/other")
    (entry,) = await looked_at(provider, other)
    service.break_before("file/remove")
    with pytest.raises(TransientError):
        await provider.remove(entry)
    assert "/other" in service.paths()


@pytest.mark.parametrize("permanently", [False, True])
@pytest.mark.parametrize("is_folder", [False, True])
async def test_a_removal_cut_short_anywhere_is_completed_by_a_repeat(
    is_folder: bool,
    permanently: bool,
    hasty: object,
):
    async def prepared() -> tuple[FakeAsus, AsusProvider, Entry]:
        service = FakeAsus()
        service.add_file("/kept", b"kept")
        node = service.add_folder("/gone") if is_folder else service.add_file("/gone", b"gone")
        provider = service.provider()
        await provider.open()
        return service, provider, await provider.stat(id_of(node))

    service, provider, entry = await prepared()
    count = await requests_of(service, lambda: provider.remove(entry, permanently=permanently))
    assert count == 1 + is_folder + permanently
    for what, disturb in disturbances(count):
        service, provider, entry = await prepared()
        service.disturbed_by(disturb)
        failure = await outcome(lambda p=provider, e=entry: p.remove(e, permanently=permanently))
        service.disturb = None
        if failure is not None:
            again = await outcome(lambda p=provider, e=entry: p.remove(e, permanently=permanently))
            assert again is None or isinstance(again, NotFound), (what, failure, again)
        assert set(service.paths()) == {"/kept"}, what
        assert binned(service) == (set() if permanently else {"gone"}), what


# Removing many ----------------------------------------------------------------------------------


async def test_many_files_go_in_one_request(service: FakeAsus):
    nodes = [service.add_file(f"/file {number}") for number in range(7)]
    provider = service.provider()
    entries = await looked_at(provider, *nodes)
    service.calls.clear()
    assert await provider.remove_many(entries) == [None] * 7
    assert service.routes() == ["file/remove"]
    assert service.calls[0].get("id") == ",".join(node.number for node in nodes)


async def test_no_more_than_five_hundred_go_at_once(service: FakeAsus):
    nodes = [service.add_file(f"/file {number}") for number in range(501)]
    provider = service.provider()
    root = await provider.root()
    entries = [
        Entry(id=id_of(node), parent_id=root.id, name=node.name, kind=root.kind) for node in nodes
    ]
    assert await provider.remove_many(entries) == [None] * 501
    sizes = [call.get("id").count(",") + 1 for call in service.of("file/remove")]
    assert sizes == [500, 1]
    assert service.paths() == {}


async def test_files_and_folders_are_told_apart_and_come_back_in_order(service: FakeAsus):
    names = ["a file", "empty", "full", "another file", "gone"]
    kinds = [service.add_file, service.add_folder, service.add_folder, service.add_file]
    nodes = [
        make(f"/{name}") for make, name in zip([*kinds, service.add_folder], names, strict=True)
    ]
    service.add_file("/full/kept")
    provider = service.provider()
    entries = await looked_at(provider, *nodes)
    service.drop(nodes[-1])
    outcomes = await provider.remove_many(entries)
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        type(None),
        NotEmpty,
        type(None),
        NotFound,
    ]
    assert set(service.paths()) == {"/full", "/full/kept"}


async def test_one_that_is_gone_does_not_keep_the_others(service: FakeAsus):
    """Files go all or none, says the service; the culprit is found by halves."""
    nodes = [service.add_file(f"/file {number}") for number in range(9)]
    provider = service.provider()
    entries = await looked_at(provider, *nodes)
    nodes[4].parent = BIN
    outcomes = await provider.remove_many(entries)
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [4]
    assert isinstance(outcomes[4], NotFound)
    assert service.paths() == {}
    assert len(service.of("file/remove")) <= 9


async def test_many_are_removed_for_ever(service: FakeAsus):
    nodes = [service.add_file(f"/file {number}") for number in range(3)]
    nodes.append(service.add_folder("/folder"))
    provider = service.provider()
    entries = await looked_at(provider, *nodes)
    assert await provider.remove_many(entries, permanently=True) == [None] * 4
    assert binned(service) == set()
    assert service.paths() == {}


async def test_what_an_earlier_attempt_brought_to_the_bin_is_purged_all_the_same(
    service: FakeAsus, hasty: object
):
    nodes = [service.add_file(f"/file {number}") for number in range(3)]
    provider = service.provider()
    entries = await looked_at(provider, *nodes)
    service.lose_answer("file/remove")
    first = await provider.remove_many(entries, permanently=True)
    assert all(isinstance(failure, TransientError) for failure in first)
    assert binned(service) == {"file 0", "file 1", "file 2"}
    again = await provider.remove_many(entries, permanently=True)
    assert all(isinstance(failure, NotFound) for failure in again)
    assert binned(service) == set()


async def test_a_failure_on_the_way_is_that_of_all(service: FakeAsus, hasty: object):
    nodes = [service.add_file(f"/file {number}") for number in range(3)]
    provider = service.provider()
    entries = await looked_at(provider, *nodes)
    service.break_before("file/remove")
    outcomes = await provider.remove_many(entries)
    assert all(isinstance(outcome, TransientError) for outcome in outcomes)
    assert len(service.of("file/remove")) == 1


async def test_nothing_is_removed_without_a_request(service: FakeAsus):
    assert await service.provider().remove_many([]) == []
    assert service.calls == []


async def test_one_that_is_named_twice_is_removed_once(service: FakeAsus):
    file = service.add_file("/file")
    provider = service.provider()
    (entry,) = await looked_at(provider, file)
    assert await provider.remove_many([entry, entry]) == [None, None]
    assert service.of("file/remove")[0].get("id") == file.number
