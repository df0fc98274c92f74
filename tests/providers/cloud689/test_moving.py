"""Every branch of move, rename and replace, undisturbed and cut short anywhere (3.10, 3.11)."""

from contextlib import suppress
from dataclasses import dataclass

import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    AcrossDomains,
    AlreadyExists,
    CloudError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    LoginFailed,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloud689 import Cloud689Provider
from tests.providers.cloud689.service import EXPIRED, FakeCloud689
from tests.providers.cloud689.store import Node, Refusal, forbidden

Clock = trio.testing.MockClock


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
    "to the top": Case("/a/one", "/two"),
    "from the top": Case("/one", "/a/two"),
    "rename folder": Case("/a/one", "/a/two", folder=True),
    "both folder": Case("/a/one", "/b/two", folder=True),
    "rename folder over": Case("/a/one", "/a/two", folder=True, replaces=True),
    "both folder over, taken": Case(
        "/a/one", "/b/two", folder=True, replaces=True, also=("/b/one",)
    ),
}


class Move:
    """A case set up on a service."""

    def __init__(self, service: FakeCloud689, case: Case) -> None:
        self.service = service
        self.case = case
        self.provider = service.provider()
        for folder in ("/a", "/b"):
            service.store.add(folder)
        if case.folder:
            service.store.add(f"{case.source}/inner", b"new")
        self.source = (
            service.store.at(case.source) if case.folder else service.store.add(case.source, b"new")
        )
        self.old: Node | None = None
        if case.replaces:
            self.old = service.store.add(case.target, None if case.folder else b"old")
        self.others = [service.store.add(path, path.encode()) for path in case.also]
        folder, _, _ = case.target.rpartition("/")
        self.folder = service.id(service.store.at(folder)) if folder else service.top()
        self.entry: Entry
        self.replacing: Entry | None = None

    async def begin(self) -> None:
        self.entry = await self.provider.stat(self.service.id(self.source))
        if self.old is not None:
            self.replacing = await self.provider.stat(self.service.id(self.old))

    async def run(self) -> Entry:
        name = self.case.target.rpartition("/")[2]
        return await self.provider.move(self.entry, self.folder, name, replacing=self.replacing)

    def check_done(self, moved: Entry) -> None:
        assert self.service.store.at(self.case.target) is self.source
        assert (moved.id, moved.parent_id) == (self.entry.id, self.folder)
        assert moved.name == self.source.name
        assert moved.version == self.entry.version
        if self.old is not None:
            assert self.old.binned

    def check_nothing_is_lost(self) -> None:
        """Both are there, or the move is done; the others are untouched."""
        assert not self.source.deleted
        place = (self.source.parent, self.source.name)
        done = self.case.target.rpartition("/")[2] == place[1] and (
            self.folder == self.service.top()
            if place[0] is None
            else self.folder == self.service.id(self.service.store.nodes[place[0]])
        )
        if self.old is not None and self.old.deleted:
            assert done
        for path, node in zip(self.case.also, self.others, strict=True):
            assert not node.deleted
            assert node.data == path.encode()
            assert node in self.service.store.children(node.project, node.parent)


@pytest.fixture(params=CASES.values(), ids=CASES)
async def move(request: pytest.FixtureRequest, service: FakeCloud689) -> Move:
    move = Move(service, request.param)
    await move.begin()
    return move


async def test_a_move_does_what_was_asked_for(move: Move):
    move.check_done(await move.run())


async def test_a_move_needs_no_needless_requests(move: Move):
    move.service.calls.clear()
    await move.run()
    case = move.case
    wanted = ["project/f/browse"]
    if case.replaces and case.folder:
        wanted.append("project/f/browse")  # it has to be empty
    if case.source.rpartition("/")[0] != case.target.rpartition("/")[0]:
        wanted.append("project/f/move")
    if case.source.rpartition("/")[2] != case.target.rpartition("/")[2]:
        wanted.append("project/f/edit")
    if case.replaces:
        wanted.append("project/f/delete")
    assert move.service.asked() == wanted


async def test_a_move_that_is_done_is_done_again(move: Move):
    moved = await move.run()
    again = await move.run()
    move.check_done(again)
    assert again.id == moved.id


@pytest.mark.parametrize("fault", ["break", "lose", "refuse", "fail"])
@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("at", range(6))
async def test_a_move_cut_short_anywhere_is_completed_by_a_repeat(
    move: Move, at: int, fault: str, lasting: bool, autojump_clock: Clock
):
    move.service.disturbed_by(
        lambda number: fault if (number >= at if lasting else number == at) else "pass"
    )
    with suppress(CloudError):
        await move.run()
    move.check_nothing_is_lost()
    move.service.disturb = None
    moved = await move.run()
    assert move.service.store.nodes[move.source.id] is move.source
    assert (moved.id, moved.parent_id) == (move.entry.id, move.folder)
    assert moved.name == move.source.name == move.case.target.rpartition("/")[2]
    move.check_nothing_is_lost()


async def test_what_cannot_be_renamed_goes_back(service: FakeCloud689):
    move = Move(service, CASES["both"])
    await move.begin()
    service.fail("project/f/edit", forbidden())
    with pytest.raises(AccessDenied):
        await move.run()
    assert service.store.at("/a/one") is move.source


async def test_what_can_neither_be_renamed_nor_go_back_is_not_lost(service: FakeCloud689):
    move = Move(service, CASES["both"])
    await move.begin()
    service.fail("project/f/edit", forbidden())
    service.skip("project/f/move")
    service.fail("project/f/move", forbidden())
    with pytest.raises(AccessDenied):
        await move.run()
    assert service.store.at("/b/one") is move.source
    move.check_done(await move.run())


async def test_who_may_not_remove_what_is_replaced_keeps_both(service: FakeCloud689):
    move = Move(service, CASES["both over"])
    await move.begin()
    service.fail("project/f/delete", forbidden())
    moved = await move.run()
    assert moved.name == "two"
    assert service.store.names("/b") == ["two", "two"]


# Refusals ---------------------------------------------------------------------------------


async def of(service: FakeCloud689, path: str) -> tuple[Cloud689Provider, Entry]:
    provider = service.provider()
    return provider, await service.entry(provider, path)


async def test_a_move_does_not_replace_by_accident(service: FakeCloud689):
    service.store.add("one", b"1")
    service.store.add("two", b"22")
    provider, one = await of(service, "one")
    with pytest.raises(AlreadyExists):
        await provider.move(one, service.top(), "two")
    assert service.store.names() == ["one", "two"]


async def test_what_has_the_name_now_is_not_what_was_to_be_replaced(service: FakeCloud689):
    service.store.add("one", b"1")
    two = service.store.add("two", b"22")
    provider, one = await of(service, "one")
    old = await service.entry(provider, "two")
    service.store.delete(two)
    other = service.store.add("two", b"theirs")
    with pytest.raises(AlreadyExists):
        await provider.move(one, service.top(), "two", replacing=old)
    assert not other.deleted


async def test_what_was_to_be_replaced_may_be_gone(service: FakeCloud689):
    service.store.add("one", b"1")
    two = service.store.add("two", b"22")
    provider, one = await of(service, "one")
    old = await service.entry(provider, "two")
    service.store.delete(two)
    assert (await provider.move(one, service.top(), "two", replacing=old)).name == "two"


@pytest.mark.parametrize(
    ("source", "target", "error"),
    [("file", "empty", IsAFolder), ("empty", "file", NotAFolder), ("empty", "full", NotEmpty)],
)
async def test_only_like_replaces_like(
    service: FakeCloud689, source: str, target: str, error: type[CloudError]
):
    service.store.add("file", b"x")
    service.store.add("empty")
    service.store.add("full/file", b"x")
    provider, entry = await of(service, source)
    old = await service.entry(provider, target)
    with pytest.raises(error):
        await provider.move(entry, service.top(), target, replacing=old)
    assert service.store.names() == ["empty", "file", "full"]


@pytest.mark.parametrize("mirror", [True, False])
@pytest.mark.parametrize("told_by", ["text", "odd", "symbol"])
async def test_a_folder_does_not_move_into_itself(
    service: FakeCloud689, mirror: bool, told_by: str
):
    """The code is that of a bad token, which it is not: nobody signs in anew."""
    service.mirror, service.told_by = mirror, told_by
    service.store.add("folder/inner")
    provider, folder = await of(service, "folder")
    with pytest.raises(InvalidRequest):
        await provider.move(folder, service.id(service.store.at("folder/inner")), "folder")
    with pytest.raises(InvalidRequest):
        await provider.move(folder, folder.id, "folder")
    assert service.issued == 1


@pytest.mark.parametrize("mirror", [True, False])
async def test_an_unknown_refusal_of_a_move_is_told_apart_by_a_probe(
    service: FakeCloud689, mirror: bool
):
    """401 with a text that nobody knows (reference 4.1)."""
    service.mirror, service.told_by = mirror, "nonsense"
    service.store.add("folder/inner")
    provider, folder = await of(service, "folder")
    inner = service.id(service.store.at("folder/inner"))
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        await provider.move(folder, inner, "folder")
    assert service.asked()[-2:] == ["project/f/move", "user/info"]
    assert service.issued == 1
    service.store.add("other")
    service.tokens.clear()
    service.fail("project/f/browse", EXPIRED)
    await provider.move(folder, service.id(service.store.at("other")), "folder")
    assert service.store.at("other/folder/inner")


async def test_a_token_that_ends_at_the_move_is_renewed(service: FakeCloud689):
    service.told_by = "nonsense"
    service.store.add("file", b"x")
    service.store.add("folder")
    provider, file = await of(service, "file")
    folder = service.id(service.store.at("folder"))
    service.before["project/f/browse"] = service.tokens.clear
    await provider.move(file, folder, "file")
    assert service.store.at("folder/file")
    assert service.issued == 2


async def test_two_rejections_at_the_move_are_final(service: FakeCloud689):
    service.store.add("file", b"x")
    service.store.add("folder")
    provider, file = await of(service, "file")
    for _ in range(2):
        service.fail("project/f/move", EXPIRED)
    with pytest.raises(LoginFailed):
        await provider.move(file, service.id(service.store.at("folder")), "file")


async def test_nothing_is_moved_between_projects(service: FakeCloud689):
    other = service.store.add_project("Other")
    service.store.add("file", b"x")
    provider, file = await of(service, "file")
    service.calls.clear()
    for target in (service.top(other), EntryId("root")):
        assert provider.domain(target) != provider.domain(file.id)
        with pytest.raises(AcrossDomains):
            await provider.move(file, target, "file")
    assert provider.domain(service.top()) == provider.domain(file.id)
    assert service.calls == []


async def test_what_is_gone_cannot_be_moved(service: FakeCloud689):
    node = service.store.add("file", b"x")
    folder = service.store.add("folder")
    provider, file = await of(service, "file")
    service.store.delete(node)
    for target in (service.top(), service.id(folder)):
        with pytest.raises(NotFound):
            await provider.move(file, target, "new")


async def test_a_move_needs_its_target(service: FakeCloud689):
    service.store.add("file", b"x")
    folder = service.store.add("folder")
    provider, file = await of(service, "file")
    service.store.delete(folder)
    with pytest.raises(NotFound):
        await provider.move(file, service.id(folder), "file")
    assert service.store.names() == ["file"]


async def test_the_root_stays_where_it_is(service: FakeCloud689):
    provider = service.provider()
    with pytest.raises(NotPermitted):
        await provider.move(await provider.root(), service.top(), "x")
    assert service.calls == []


async def test_a_name_that_cannot_be_stored_is_refused(service: FakeCloud689):
    service.store.add("file", b"x")
    provider, file = await of(service, "file")
    for name in ("..", "a/b", "tab\t", "x" * 256):
        with pytest.raises(InvalidName):
            await provider.move(file, service.top(), name)
    assert service.store.names() == ["file"]


async def test_a_lost_answer_of_a_move_is_looked_behind(
    service: FakeCloud689, autojump_clock: Clock
):
    """Moving and renaming may be repeated (reference 3.10, 3.11)."""
    move = Move(service, CASES["both over"])
    await move.begin()
    for call in ("project/f/move", "project/f/edit", "project/f/delete"):
        service.lose_answer(call)
    move.check_done(await move.run())


async def test_a_name_in_another_zone_is_the_same_version(service: FakeCloud689):
    service.answers_zone = "utc"
    service.store.add("file", b"x")
    provider, file = await of(service, "file")
    assert (await provider.move(file, service.top(), "new")).version == file.version


async def test_a_failed_history_is_no_failed_move(service: FakeCloud689, autojump_clock: Clock):
    move = Move(service, CASES["move"])
    await move.begin()
    service.fail("project/f/move", Refusal(417, "Create history failed", "CREATE_HISTORY_FAILED"))
    move.check_done(await move.run())


# Projects ---------------------------------------------------------------------------------


async def test_projects_are_renamed_only_if_that_is_wanted(service: FakeCloud689):
    provider = service.provider()
    plans = await provider.stat(service.top())
    with pytest.raises(NotPermitted):
        await provider.move(plans, EntryId("root"), "Ideas")
    provider = service.provider(projects="rw")
    renamed = await provider.move(plans, EntryId("root"), "Ideas")
    assert (renamed.id, renamed.name, service.project.name) == (plans.id, "Ideas", "Ideas")
    assert (await provider.move(renamed, EntryId("root"), "Ideas")).name == "Ideas"
    assert len(service.of("project/edit")) == 1


async def test_a_project_stays_at_the_top(service: FakeCloud689):
    folder = service.store.add_project("Other")
    provider = service.provider(projects="rw")
    with pytest.raises(AcrossDomains):
        await provider.move(await provider.stat(service.top()), service.top(folder), "x")


async def test_a_project_replaces_nothing(service: FakeCloud689):
    other = service.store.add_project("Other")
    provider = service.provider(projects="rw")
    plans = await provider.stat(service.top())
    replacing = await provider.stat(service.top(other))
    with pytest.raises(AlreadyExists):
        await provider.move(plans, EntryId("root"), "Other")
    with pytest.raises(NotPermitted):
        await provider.move(plans, EntryId("root"), "Other", replacing=replacing)
    assert service.project.name == "Plans"


@pytest.mark.parametrize("fault", ["lose_answer", "break_before"])
async def test_a_lost_answer_of_a_renamed_project_is_looked_behind(
    service: FakeCloud689, fault: str
):
    provider = service.provider(projects="rw")
    plans = await provider.stat(service.top())
    getattr(service, fault)("project/edit")
    if fault == "lose_answer":
        assert (await provider.move(plans, EntryId("root"), "Ideas")).name == "Ideas"
    else:
        with pytest.raises(TransientError):
            await provider.move(plans, EntryId("root"), "Ideas")


async def test_a_project_that_is_gone_cannot_be_renamed(service: FakeCloud689):
    provider = service.provider(projects="rw")
    plans = await provider.stat(service.top())
    service.store.projects.clear()
    with pytest.raises(NotFound):
        await provider.move(plans, EntryId("root"), "Ideas")
