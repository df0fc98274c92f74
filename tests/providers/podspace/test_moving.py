"""Every branch of rename, move and replace (reference 3.10), undisturbed and cut short anywhere."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    Changed,
    CloudError,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace import PodspaceProvider
from tests.conftest import Announced
from tests.providers.podspace.service import FakePodspace


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
    "move": Case("/a/one", "/b/one"),
    "both": Case("/a/one", "/b/two"),
    "both, old name taken there": Case("/a/one", "/b/two", also=("/b/one", "/a/two")),
    "rename over": Case("/a/one", "/a/two", replaces=True),
    "move over": Case("/a/one", "/b/one", replaces=True),
    "both over": Case("/a/one", "/b/two", replaces=True),
    "both over, old name taken there": Case("/a/one", "/b/two", replaces=True, also=("/b/one",)),
    "to the root": Case("/a/one", "/two"),
    "from the root": Case("/one", "/a/two"),
    "rename folder": Case("/a/one", "/a/two", folder=True),
    "both folder": Case("/a/one", "/b/two", folder=True),
    "rename folder over": Case("/a/one", "/a/two", folder=True, replaces=True),
    "both folder over, taken": Case(
        "/a/one", "/b/two", folder=True, replaces=True, also=("/b/one",)
    ),
}


class Move:
    """A case set up on a service."""

    def __init__(
        self,
        service: FakePodspace,
        provider: PodspaceProvider,
        case: Case,
        entries: dict[str, Entry],
    ) -> None:
        self.service = service
        self.case = case
        self.provider = provider
        self.entries = entries
        self.inner = f"{case.target}/inner" if case.folder else case.target

    async def run(self) -> Entry:
        folder, _, name = self.case.target.rpartition("/")
        folder_id = EntryId(self.service.at(folder).hash if folder else "ROOT")
        return await self.provider.move(
            self.entries[self.case.source],
            folder_id,
            name,
            replacing=self.entries.get(self.case.target),
        )

    async def failure(self) -> CloudError | None:
        """Run, and tell what it ended in."""
        try:
            await self.run()
        except CloudError as error:
            return error
        return None

    def done(self) -> bool:
        """Whether the service is as it should be after the move."""
        paths = self.service.paths()
        return (
            self.case.source not in paths
            and self.inner in paths
            and paths[self.inner].data == b"new"
            and paths[self.case.target].hash == self.entries[self.case.source].id
            and not any(".cloudfs-" in path for path in paths)
            and all(paths[path].data == path.encode() for path in self.case.also)
        )

    def nothing_lost(self) -> bool:
        """Whether both are there, one of them perhaps in the bin, and nothing else changed."""
        everything = {**self.service.nodes, **self.service.bin}
        paths = self.service.paths()
        return (
            all(entry.id in everything for entry in self.entries.values())
            and self.entries[self.case.source].id in self.service.nodes
            and all(paths[path].data == path.encode() for path in self.case.also)
        )


async def prepared(service: FakePodspace, case: Case) -> Move:
    for folder in ("/a", "/b"):
        service.add_folder(folder)
    for path in case.also:
        service.add_file(path, path.encode())
    if case.folder:
        service.add_folder(case.source)
        service.add_file(f"{case.source}/inner", b"new")
        if case.replaces:
            service.add_folder(case.target)
    else:
        service.add_file(case.source, b"new")
        if case.replaces:
            service.add_file(case.target, b"old")
    provider = service.provider()
    await provider.open()
    paths = [case.source, *([case.target] if case.replaces else [])]
    entries = {path: await provider.stat(EntryId(service.at(path).hash)) for path in paths}
    service.calls.clear()
    return Move(service, provider, case, entries)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("tells_entities", [True, False])
async def test_a_move_arrives_and_leaves_nothing_behind(
    service: FakePodspace, name: str, tells_entities: bool
):
    move = await prepared(service, CASES[name])
    service.tells_entities = tells_entities
    moved = await move.run()
    assert move.done()
    folder, _, last = CASES[name].target.rpartition("/")
    assert moved.name == last
    assert moved.id == move.entries[CASES[name].source].id
    assert moved.parent_id == (service.at(folder).hash if folder else "ROOT")
    assert len(service.trashed()) == int(CASES[name].replaces)


STEPS = {
    "rename": ["entry.rename"],
    "move": ["entry.move", "entry.stat"],
    "both": ["entry.exist", "entry.exist", "entry.move", "entry.stat", "entry.rename"],
    "rename over": ["entry.stat", "entry.stat", "entry.trash", "entry.rename"],
}


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_costs_no_more_than_it_needs(service: FakePodspace, name: str):
    move = await prepared(service, CASES[name])
    await move.run()
    assert service.asked() == STEPS[name]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("fault", ["break", "fail", "lose"])
async def test_one_fault_anywhere_loses_nothing_and_a_repeat_ends_well(
    name: str, fault: str, announce: Announced, autojump_clock: object
):
    announce("could not be undone")
    for at in count():
        service = FakePodspace()
        move = await prepared(service, CASES[name])
        service.disturbed_by(lambda number, at=at: fault if number == at else "pass")
        failure = await move.failure()
        service.disturb = None
        assert move.nothing_lost(), f"request {at}"
        assert failure is None or isinstance(failure, TransientError), f"request {at}"
        if failure is not None:
            await move.run()
        assert move.done(), f"request {at}"
        if not service.was_disturbed:
            return


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("fault", ["break", "down", "lose"])
async def test_a_move_cut_short_for_good_loses_nothing_and_a_repeat_ends_well(
    name: str, fault: str, announce: Announced, autojump_clock: object
):
    """From some request on nothing works, neither the move nor its undoing; then all is well."""
    announce("could not be undone")
    for at in count():
        service = FakePodspace()
        move = await prepared(service, CASES[name])
        service.disturbed_by(lambda number, at=at: "pass" if number < at else fault)
        failure = await move.failure()
        service.disturb = None
        assert move.nothing_lost(), f"request {at}"
        if failure is not None:
            assert isinstance(failure, TransientError), f"request {at}"
            await move.run()
        assert move.done(), f"request {at}"
        if not service.was_disturbed:
            return


@pytest.mark.parametrize("name", CASES)
async def test_a_refusal_anywhere_leaves_both_where_they_were(name: str, announce: Announced):
    announce("could not be undone")
    denied = httpx.Response(403, json={"status": 403, "errorCode": 4})
    for at in count():
        service = FakePodspace()
        move = await prepared(service, CASES[name])
        before = {path: node.hash for path, node in service.paths().items()}
        if not await denied_at(move, at, denied):
            assert move.done()
            return
        after = {path: node.hash for path, node in service.paths().items()}
        assert after == before or move.done(), f"request {at}"


async def denied_at(move: Move, at: int, answer: httpx.Response) -> bool:
    """Run, with *answer* instead of carrying out change *at*; returns whether there was one."""
    changes = -1

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal changes
        changes += request.method != "GET"
        if changes == at and request.method != "GET":
            return answer
        return await move.service.handle(request)

    move.provider._api.connection.http._client._transport = httpx.MockTransport(handle)
    with suppress(AccessDenied):
        await move.run()
    return changes >= at


# Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["/a/taken", "/b/taken", "/b/one"], ids=["rename", "both", "move"]
)
async def test_a_taken_name_is_not_replaced_by_accident(service: FakePodspace, target: str):
    move = await prepared(service, Case("/a/one", target))
    service.add_file(target, b"theirs")
    before = set(service.paths())
    assert isinstance(await move.failure(), AlreadyExists)
    assert set(service.paths()) == before
    assert service.at(target).data == b"theirs"
    assert service.bin == {}


async def test_what_is_gone_cannot_be_moved_and_replaces_nothing(service: FakePodspace):
    for case in (CASES["rename over"], CASES["move over"], CASES["both over"]):
        fresh = FakePodspace()
        move = await prepared(fresh, case)
        fresh.trash(move.entries[case.source].id)
        assert isinstance(await move.failure(), NotFound)
        assert fresh.at(case.target).data == b"old"


@pytest.mark.parametrize("name", ["rename over", "move over", "both over"])
async def test_what_changed_meanwhile_is_not_replaced(service: FakePodspace, name: str):
    move = await prepared(service, CASES[name])
    node = service.at(CASES[name].target)
    service.write(node, b"newer")
    assert isinstance(await move.failure(), Changed)
    assert node.hash in service.nodes
    assert service.at(CASES[name].source).data == b"new"


async def test_what_went_elsewhere_meanwhile_is_left_there(service: FakePodspace):
    move = await prepared(service, CASES["rename over"])
    node = service.at("/a/two")
    service.move(node, service.at("/b"))
    await move.run()
    assert service.at("/b/two").data == b"old"
    assert service.at("/a/two").data == b"new"
    assert service.bin == {}


@pytest.mark.parametrize("name", ["rename folder over", "both folder over, taken"])
async def test_a_folder_with_children_is_not_replaced(service: FakePodspace, name: str):
    move = await prepared(service, CASES[name])
    service.add_file(f"{CASES[name].target}/kept", b"kept")
    before = set(service.paths())
    assert isinstance(await move.failure(), NotEmpty)
    assert set(service.paths()) == before


async def test_a_file_and_a_folder_do_not_replace_each_other(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/f", b"x")
    provider = service.provider()
    folder, file = [await provider.stat(EntryId(service.at(p).hash)) for p in ("d", "f")]
    with pytest.raises(IsAFolder):
        await provider.move(file, EntryId("ROOT"), "d", replacing=folder)
    with pytest.raises(NotAFolder):
        await provider.move(folder, EntryId("ROOT"), "f", replacing=file)


@pytest.mark.parametrize("name", ["d", "other"])
async def test_a_folder_does_not_move_into_itself(service: FakePodspace, name: str):
    service.add_folder("/d")
    service.add_folder("/d/inner")
    service.add_file("/d/inner/d", b"in the way")
    provider = service.provider()
    folder = await provider.stat(EntryId(service.at("d").hash))
    for inside in (service.at("d"), service.at("d/inner")):
        with pytest.raises(InvalidRequest):
            await provider.move(folder, EntryId(inside.hash), name)
    assert set(service.paths()) == {"/d", "/d/inner", "/d/inner/d"}


async def test_the_root_is_not_moved(service: FakePodspace):
    provider = service.provider()
    with pytest.raises(NotPermitted):
        await provider.move(await provider.root(), EntryId("x"), "y")


async def test_moving_to_where_it_is_changes_nothing(service: FakePodspace):
    move = await prepared(service, Case("/a/one", "/a/one"))
    updated = service.at("/a/one").updated
    assert (await move.run()).name == "one"
    assert service.asked() == ["entry.stat"]
    assert service.at("/a/one").updated == updated


async def test_what_is_said_to_be_here_but_was_moved_away_comes_back(service: FakePodspace):
    move = await prepared(service, Case("/a/one", "/a/one"))
    service.move(service.at("/a/one"), service.at("/b"))
    assert (await move.run()).parent_id == service.at("/a").hash
    assert "/a/one" in service.paths()


async def test_a_move_that_the_service_reports_as_failed_is_explained(service: FakePodspace):
    move = await prepared(service, CASES["move"])
    service.failing.add(service.at("/a/one").hash)
    assert isinstance(await move.failure(), AccessDenied)
    service.failing.clear()
    service.add_file("/b/one", b"theirs")
    assert isinstance(await move.failure(), AlreadyExists)


@pytest.mark.parametrize("result", [None, True, {"files": [], "folders": []}])
async def test_a_move_that_did_not_happen_is_no_success(service: FakePodspace, result: object):
    move = await prepared(service, CASES["move"])
    service.fail("entry.move", httpx.Response(200, json={"result": result}))
    assert isinstance(await move.failure(), CloudError)
    await move.run()
    assert move.done()


async def test_an_entry_of_somebody_else_is_not_renamed_by_all(service: FakePodspace):
    move = await prepared(service, CASES["rename"])
    service.fail("entry.rename", httpx.Response(403, json={"errorCode": 90}))
    assert isinstance(await move.failure(), NotPermitted)


async def test_a_name_taken_at_the_last_moment_brings_everything_back(service: FakePodspace):
    """Somebody takes the new name just before it is given: what was replaced comes back."""
    move = await prepared(service, CASES["both over"])
    service.before["entry.rename"] = lambda: service.add_file("/b/two", b"third")
    assert isinstance(await move.failure(), AlreadyExists)
    assert service.at("/a/one").data == b"new"
    assert service.at("/b/two").data == b"third"
    assert service.at("/b/two (1)").data == b"old"
