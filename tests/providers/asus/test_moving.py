"""Every branch of the move algorithm (reference 3.8), undisturbed and cut short anywhere."""

from dataclasses import dataclass

import pytest

from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    Changed,
    CloudError,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    ReadOnly,
)
from cloudfs.model import Entry, EntryId
from tests.conftest import Announced
from tests.providers.asus.faults import disturbances, outcome, requests_of
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BIN, Node


@dataclass(frozen=True)
class Case:
    """What is there, and a move. The source has the bytes "new", what it replaces "old"."""

    source: str
    target: str
    also: tuple[str, ...] = ()  # other files, which must not change
    replaces: bool = False
    folder: bool = False


CASES = {
    "rename": Case("/a/one", "/a/two"),
    "rename case": Case("/a/one", "/a/ONE"),
    "move": Case("/a/one", "/b/one"),
    "both": Case("/a/one", "/b/two"),
    "both, old name taken there": Case("/a/one", "/b/two", also=("/a/two", "/b/one")),
    "rename over": Case("/a/one", "/a/two", replaces=True),
    "move over": Case("/a/one", "/b/one", replaces=True),
    "both over": Case("/a/one", "/b/two", replaces=True),
    "both over, old name taken": Case("/a/one", "/b/two", replaces=True, also=("/b/one",)),
    "rename folder": Case("/a/one", "/a/two", folder=True),
    "both folder": Case("/a/one", "/b/two", folder=True),
    "both folder, taken": Case("/a/one", "/b/two", folder=True, also=("/b/one",)),
    "rename folder over": Case("/a/one", "/a/two", folder=True, replaces=True),
    "move folder over": Case("/a/one", "/b/one", folder=True, replaces=True),
    "both folder over, taken": Case(
        "/a/one", "/b/two", folder=True, replaces=True, also=("/b/one",)
    ),
}


class Move:
    """A case set up on a service."""

    def __init__(self, service: FakeAsus, case: Case) -> None:
        self.service = service
        self.case = case
        self.provider = service.provider()
        for folder in ("/a", "/b"):
            service.add_folder(folder)
        for path in case.also:
            service.add_file(path, path.encode())
        if case.folder:
            self.source = service.add_folder(case.source)
            service.add_file(f"{case.source}/inner", b"new")
            self.old = service.add_folder(case.target) if case.replaces else None
        else:
            self.source = service.add_file(case.source, b"new")
            self.old = service.add_file(case.target, b"old") if case.replaces else None

    async def prepare(self) -> "Move":
        self.entry = await self.provider.stat(id_of(self.source))
        self.replacing = None if self.old is None else await self.provider.stat(id_of(self.old))
        await self.provider.root()
        self.service.calls.clear()
        return self

    async def run(self) -> Entry:
        folder, _, name = self.case.target.rpartition("/")
        return await self.provider.move(
            self.entry, id_of(self.service.named(folder)), name, replacing=self.replacing
        )

    def done(self) -> bool:
        """Whether the service is as it should be after the move."""
        paths = self.service.paths()
        return (
            paths.get(self.case.target) is self.source
            and self.case.source not in paths
            and not any(".cloudfs-" in path for path in paths)
            and (self.old is None or self.old.parent == BIN)
            and self.nothing_lost()
        )

    def nothing_lost(self) -> bool:
        """Whether all is there in full, under whatever name."""
        nodes = self.service.nodes.values()
        paths = self.service.paths()
        return (
            self.source in paths.values()
            and any(node.data == b"new" for node in paths.values())
            and (self.old is None or self.old in nodes)
            and all(paths[path].data == path.encode() for path in self.case.also)
        )


def id_of(node: Node) -> EntryId:
    return EntryId(f"{'d' if node.folder else 'f'}{node.number}")


@pytest.mark.parametrize("name", CASES)
async def test_the_entry_arrives(service: FakeAsus, name: str):
    move = await Move(service, CASES[name]).prepare()
    moved = await move.run()
    assert moved.id == move.entry.id
    assert moved.version == move.entry.version
    assert moved.name == CASES[name].target.rpartition("/")[2]
    assert move.done()


async def routes(service: FakeAsus, case: Case) -> list[str]:
    move = await Move(service, case).prepare()
    await move.run()
    return service.routes()


async def test_a_rename_in_a_folder_is_one_change(service: FakeAsus):
    assert await routes(service, CASES["rename"]) == ["file/rename", "fsentry/getentryinfo"]


async def test_a_move_between_folders_is_one_change(service: FakeAsus):
    assert await routes(service, CASES["move"]) == ["file/move", "fsentry/getentryinfo"]


async def test_a_new_name_in_another_folder_takes_two_changes(service: FakeAsus):
    assert await routes(service, CASES["both folder"]) == [
        "folder/move",
        "folder/rename",
        "fsentry/getentryinfo",
    ]


async def test_an_entry_travels_under_a_spare_name_past_a_namesake(service: FakeAsus):
    assert await routes(service, CASES["both, old name taken there"]) == [
        "file/move",
        "file/rename",
        "file/move",
        "file/rename",
        "fsentry/getentryinfo",
    ]


async def test_what_is_replaced_goes_to_the_bin_when_the_other_is_there(service: FakeAsus):
    assert await routes(service, CASES["rename over"]) == [
        "fsentry/getentryinfo",
        "fsentry/getentryinfo",
        "file/rename",
        "file/rename",
        "file/remove",
        "fsentry/getentryinfo",
    ]
    (binned,) = service.children(BIN)
    assert binned.data == b"old"


# Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/a/two", "/b/one", "/b/two"])
async def test_a_name_that_is_taken_is_not_replaced(service: FakeAsus, target: str):
    move = await Move(service, Case("/a/one", target, replaces=True)).prepare()
    move.replacing = None
    with pytest.raises(AlreadyExists):
        await move.run()
    assert service.named("/a/one").data == b"new"
    assert service.named(target).data == b"old"


async def test_a_name_in_another_case_is_taken_too(service: FakeAsus):
    move = await Move(service, Case("/a/one", "/a/TWO", also=("/a/two",))).prepare()
    with pytest.raises(AlreadyExists):
        await move.run()


async def test_kinds_have_to_match(service: FakeAsus):
    file, folder = service.add_file("/file"), service.add_folder("/folder")
    provider = service.provider()
    root = (await provider.root()).id
    entries = [await provider.stat(id_of(node)) for node in (file, folder)]
    with pytest.raises(IsAFolder):
        await provider.move(entries[0], root, "folder", replacing=entries[1])
    with pytest.raises(NotAFolder):
        await provider.move(entries[1], root, "file", replacing=entries[0])
    with pytest.raises(NotAFolder):
        await provider.move(entries[1], entries[0].id, "folder")


@pytest.mark.parametrize("target", ["/a/two", "/b/one", "/b/two"])
async def test_a_folder_with_children_does_not_give_way(service: FakeAsus, target: str):
    move = await Move(service, Case("/a/one", target, folder=True, replaces=True)).prepare()
    service.add_file(f"{target}/kept", b"kept")
    with pytest.raises(NotEmpty):
        await move.run()
    assert {"/a/one/inner", f"{target}/kept"} <= set(service.paths())


async def test_a_folder_that_gets_children_on_the_way_does_not_give_way(service: FakeAsus):
    move = await Move(service, CASES["move folder over"]).prepare()
    service.during("folder/rename", lambda: service.add_file("/b/one/late", b"late"))
    with pytest.raises(NotEmpty):
        await move.run()
    assert {"/a/one/inner", "/b/one/late"} <= set(service.paths())


async def test_a_file_that_has_changed_does_not_give_way(service: FakeAsus):
    move = await Move(service, CASES["rename over"]).prepare()
    service.write(service.named("/a/two"), b"theirs", "")
    with pytest.raises(Changed):
        await move.run()
    assert service.named("/a/two").data == b"theirs"
    assert service.named("/a/one").data == b"new"


async def test_what_has_gone_elsewhere_need_not_give_way(service: FakeAsus):
    move = await Move(service, CASES["move over"]).prepare()
    assert move.old is not None
    move.old.name = "moved away"
    await move.run()
    assert service.named("/b/moved away").data == b"old"
    assert service.named("/b/one").data == b"new"


async def test_what_is_gone_cannot_be_moved_and_nothing_gives_way_to_it(service: FakeAsus):
    move = await Move(service, CASES["rename over"]).prepare()
    move.source.parent = BIN
    with pytest.raises(NotFound):
        await move.run()
    assert service.named("/a/two").data == b"old"


async def test_a_folder_that_is_gone_takes_nothing(service: FakeAsus):
    move = await Move(service, CASES["move"]).prepare()
    target = service.named("/b")
    target.parent = BIN
    with pytest.raises(NotFound):
        await move.provider.move(move.entry, id_of(target), "one")


async def test_a_folder_does_not_move_into_itself(service: FakeAsus):
    outer, inner = service.add_folder("/outer"), service.add_folder("/outer/inner")
    provider = service.provider()
    entry = await provider.stat(id_of(outer))
    for target in (outer, inner):
        with pytest.raises(InvalidRequest):
            await provider.move(entry, id_of(target), "outer")
    assert "/outer/inner" in service.paths()


async def test_moving_to_the_same_place_changes_nothing(service: FakeAsus):
    move = await Move(service, Case("/a/one", "/a/one")).prepare()
    await move.run()
    assert service.routes() == ["fsentry/getentryinfo"]


async def test_an_entry_moved_elsewhere_meanwhile_is_fetched_from_there(service: FakeAsus):
    move = await Move(service, CASES["rename"]).prepare()
    move.source.parent = service.named("/b").number
    moved = await move.run()
    assert moved.parent_id == id_of(service.named("/a"))
    assert move.done()


async def test_tops_stay_where_they_are(service: FakeAsus):
    service.add_folder("/a")
    provider = service.provider()
    root = await provider.root()
    system = Entry(id=EntryId("d-3"), parent_id=None, name="x", kind=root.kind)
    for entry in (root, system):
        with pytest.raises(NotPermitted):
            await provider.move(entry, id_of(service.named("/a")), "new")


async def test_trees_are_walls(service: FakeAsus):
    file = service.add_file("/file", b"x")
    provider = service.provider(root="all")
    trees = {e.name: e async for p in provider.list_folder(EntryId("all")) for e in p.entries}
    entry = await provider.find(trees["MySyncFolder"].id, "file")
    assert provider.domain(entry.id) == "-5"
    with pytest.raises(AcrossDomains):
        await provider.move(entry, trees["MyBackup"].id, "file")
    with pytest.raises(ReadOnly):
        await provider.move(entry, EntryId("all"), "file")
    assert service.paths() == {"/file": file}


async def test_a_wall_that_only_the_service_knows_is_one_too(service: FakeAsus):
    move = await Move(service, CASES["both over"]).prepare()
    service.refuse("file/move", 233)
    with pytest.raises(AcrossDomains):
        await move.run()
    assert service.named("/b/two").data == b"old"


# Cut short --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
async def test_a_move_cut_short_anywhere_loses_nothing_and_a_repeat_completes_it(
    name: str, announce: Announced, hasty: object
):
    announce("a step could not be undone")
    case = CASES[name]
    whole = await Move(FakeAsus(), case).prepare()
    for what, disturb in disturbances(await requests_of(whole.service, whole.run)):
        move = await Move(FakeAsus(), case).prepare()
        move.service.disturbed_by(disturb)
        failure = await outcome(move.run)
        assert move.nothing_lost(), what
        move.service.disturb = None
        if failure is None:
            assert move.done(), what
            continue
        again = await outcome(move.run)
        assert again is None, (what, failure, again)
        assert move.done(), (what, failure)


@pytest.mark.parametrize("name", CASES)
async def test_a_refusal_leaves_everything_as_it_was(name: str, hasty: object):
    case = CASES[name]
    whole = await Move(FakeAsus(), case).prepare()
    for number in range(await requests_of(whole.service, whole.run)):
        move = await Move(FakeAsus(), case).prepare()
        before = set(move.service.paths())
        move.service.disturbed_by(lambda n, number=number: "fail" if n == number else "pass")
        failure = await outcome(move.run)
        if failure is None:
            continue
        assert isinstance(failure, CloudError)
        if not move.done():  # the last look at it may be all that was refused
            assert set(move.service.paths()) == before, (number, failure)
