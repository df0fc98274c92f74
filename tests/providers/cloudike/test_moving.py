"""Every branch of the move algorithm (reference 3.8.3), undisturbed and cut short anywhere."""

from collections.abc import Callable
from dataclasses import dataclass

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
)
from cloudfs.model import Entry, EntryId
from tests.conftest import Announced
from tests.providers.cloudike.service import FakeCloudike


@dataclass(frozen=True)
class Case:
    """What is there, and a move. The source has the bytes "new", what it replaces "old"."""

    source: str
    target: str
    also: tuple[str, ...] = ()  # other files, which must not change
    replaces: bool = False
    folder: bool = False
    dedup: bool = False


CASES = {
    "rename": Case("/a/one", "/a/two"),
    "move": Case("/a/one", "/b/one"),
    "both": Case("/a/one", "/b/two"),
    "both, name taken at home": Case("/a/one", "/b/two", also=("/a/two", "/b/one")),
    "rename over": Case("/a/one", "/a/two", replaces=True),
    "move over": Case("/a/one", "/b/one", replaces=True),
    "both over": Case("/a/one", "/b/two", replaces=True),
    "both over, name taken at home": Case("/a/one", "/b/two", replaces=True, also=("/a/two",)),
    "rename over, content known": Case("/a/one", "/a/two", replaces=True, dedup=True),
    "both over, content known": Case("/a/one", "/b/two", replaces=True, dedup=True),
    "rename folder": Case("/a/one", "/a/two", folder=True),
    "both folder": Case("/a/one", "/b/two", folder=True),
    "both folder, name taken": Case("/a/one", "/b/two", folder=True, also=("/a/two",)),
    "rename folder over": Case("/a/one", "/a/two", folder=True, replaces=True),
    "move folder over": Case("/a/one", "/b/one", folder=True, replaces=True),
    "both folder over": Case("/a/one", "/b/two", folder=True, replaces=True),
    "both folder over, taken": Case(
        "/a/one", "/b/two", folder=True, replaces=True, also=("/a/two",)
    ),
}


class Move:
    """A case set up on a service."""

    def __init__(self, service: FakeCloudike, case: Case, entries: dict[str, Entry]) -> None:
        self.service = service
        self.case = case
        self.provider = service.provider()
        self.entries = entries

    async def run(self) -> Entry:
        folder, _, name = self.case.target.rpartition("/")
        replacing = self.entries.get(self.case.target)
        return await self.provider.move(
            self.entries[self.case.source], EntryId(folder or "/"), name, replacing=replacing
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
        tree = self.service.tree
        content = self.case.target + ("/inner" if self.case.folder else "")
        return (
            self.case.source not in tree
            and content in tree
            and tree[content].data == b"new"
            and not any(".cloudfs-" in path for path in tree)
            and all(tree[path].data == path.encode() for path in self.case.also)
        )

    def nothing_lost(self) -> bool:
        """Whether both contents are there in full, under whatever name."""
        tree = self.service.tree
        live = [node.data for node in tree.values()]
        kept = live + [data for node in tree.values() for _, data, _ in node.history]
        for path, nodes, _ in self.service.bin.values():
            kept += [nodes[path].data]
        return (
            b"new" in live
            and (not self.case.replaces or self.case.folder or b"old" in kept)
            and all(tree[path].data == path.encode() for path in self.case.also)
        )


async def prepared(service: FakeCloudike, case: Case) -> Move:
    service.dedup = case.dedup
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
        service.add_file(case.source, b"new", created=1_600_000_000_000)
        if case.replaces:
            service.add_file(case.target, b"old", created=1_500_000_000_000)
    provider = service.provider()
    paths = [case.source, *([case.target] if case.replaces else [])]
    entries = {path: await provider.stat(EntryId(path)) for path in paths}
    service.calls.clear()
    return Move(service, case, entries)


async def steps(service: FakeCloudike, case: Case) -> list[str]:
    """The requests that make up a move, without sign-in."""
    move = await prepared(service, case)
    await move.run()
    assert move.done()
    return service.routes()


@pytest.mark.parametrize("name", CASES)
async def test_the_entry_arrives(service: FakeCloudike, name: str):
    move = await prepared(service, CASES[name])
    moved = await move.run()
    assert moved.id == CASES[name].target
    assert moved.is_folder == CASES[name].folder
    assert move.done()
    assert move.nothing_lost()


async def test_a_rename_in_a_folder_is_one_request(service: FakeCloudike):
    assert await steps(service, CASES["rename"]) == ["fileops/rename/"]


async def test_a_move_between_folders_is_one_request(service: FakeCloudike):
    assert await steps(service, CASES["move"]) == ["fileops/move/"]
    (call,) = service.of("fileops/move/")
    assert call.params == {"from_path": "/a/one", "to_path": "/b", "overwrite": False}


async def test_a_new_name_in_another_folder_takes_two_requests(service: FakeCloudike):
    assert await steps(service, CASES["both"]) == ["fileops/rename/", "fileops/move/"]


async def test_an_entry_travels_under_a_spare_name_past_a_namesake(service: FakeCloudike):
    await steps(service, CASES["both, name taken at home"])
    names = [call.params["newname"] for call in service.of("fileops/rename/")]
    assert names[0] == names[2] == "two"
    assert names[1].startswith(".cloudfs-")
    assert len(names[1]) == len(".cloudfs-") + 16


async def test_a_save_by_rename_makes_a_version_of_the_target(service: FakeCloudike):
    case = CASES["both over, content known"]
    move = await prepared(service, case)
    source, old = move.entries["/a/one"], move.entries["/b/two"]
    await move.run()
    assert service.routes() == ["metadata/a/one", "files/create/", "fileops/delete/"]
    (create,) = service.of("files/create/")
    assert create.params == {
        "path": "/b/two",
        "overwrite": True,
        "version": int(old.version),
        "create_dirs": False,
        "size": 3,
        "checksum": "22af645d1859cb5ca6da0c484f1f37ea",  # md5 of "new"
        "created": (source.created_ns or 0) // 1_000_000,
        "modified": (source.modified_ns or 0) // 1_000_000,
    }
    (delete,) = service.of("fileops/delete/")
    assert delete.params == {"path": "/a/one", "without_trash": True}
    assert [data for _, data, _ in service.tree["/b/two"].history] == [b"old", b"new"]


async def test_without_the_content_the_ticket_is_dropped(service: FakeCloudike):
    move = await prepared(service, CASES["move over"])
    await move.run()
    assert service.routes() == ["metadata/a/one", "files/create/", "fileops/move/"]
    assert service.of("fileops/move/")[0].params["overwrite"] is True


async def test_without_a_checksum_nothing_is_announced(service: FakeCloudike):
    service.checksums = False
    move = await prepared(service, CASES["move over"])
    await move.run()
    assert "files/create/" not in service.routes()
    assert move.done()


async def test_a_folder_is_never_moved_with_overwrite(service: FakeCloudike):
    await steps(service, CASES["both folder over"])
    assert [call.params["overwrite"] for call in service.of("fileops/move/")] == [False]
    (delete,) = service.of("fileops/delete/")
    assert delete.params == {"path": "/b/two", "only_empty": True}


async def test_what_is_replaced_step_by_step_goes_into_the_trash(service: FakeCloudike):
    await steps(service, CASES["rename over"])
    ((path, nodes, _),) = service.bin.values()
    assert nodes[path].data == b"old"


async def test_the_answer_tells_where_the_entry_is_after_a_step(service: FakeCloudike):
    """A deployment that answers another name than was asked for is believed."""
    move = await prepared(service, CASES["both"])
    told = {**service.m("/a/one"), "path": "/a/Two"}
    service.tree["/a/Two"] = service.tree.pop("/a/one")
    service.fail("fileops/rename/", httpx.Response(200, json=told))
    await move.run()
    assert service.of("fileops/move/")[0].params["from_path"] == "/a/Two"


async def test_an_empty_answer_is_looked_up(service: FakeCloudike):
    move = await prepared(service, CASES["rename"])
    service.tree["/a/two"] = service.tree.pop("/a/one")
    service.fail("fileops/rename/", httpx.Response(200))
    assert (await move.run()).id == "/a/two"


# Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/a/two", "/b/one", "/b/two"])
async def test_a_name_that_is_taken_is_not_replaced(service: FakeCloudike, target: str):
    move = await prepared(service, Case("/a/one", target, replaces=True))
    del move.entries[target]
    with pytest.raises(AlreadyExists):
        await move.run()
    assert service.tree["/a/one"].data == b"new"
    assert service.tree[target].data == b"old"


async def test_a_refusal_without_a_namesake_is_a_lack_of_rights(service: FakeCloudike):
    move = await prepared(service, CASES["rename"])
    service.fail("fileops/rename/", httpx.Response(403, json={"code": "Whatever"}))
    with pytest.raises(AccessDenied):
        await move.run()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "InvalidParameters", InvalidRequest),
        (405, "NotADirectory", NotAFolder),
        (424, "MoveParentToChild", InvalidRequest),
        (404, "NotFound", NotFound),
        (403, "AccessDenied", AccessDenied),
    ],
)
async def test_refusals_of_a_move_have_their_meaning(
    service: FakeCloudike, status: int, code: str, error: type[CloudError]
):
    move = await prepared(service, CASES["move"])
    service.fail("fileops/move/", httpx.Response(status, json={"code": code}))
    with pytest.raises(error):
        await move.run()


async def test_a_share_that_cannot_go_there_is_busy_and_is_not_tried_again(service: FakeCloudike):
    move = await prepared(service, CASES["move"])
    code = "FileOrFolderMoveMountPointToAnother"
    service.fail("fileops/move/", httpx.Response(412, json={"code": code}))
    with pytest.raises(CloudError, match=code) as caught:
        await move.run()
    assert caught.value.errno == 16  # EBUSY
    assert not caught.value.transient


async def test_being_in_that_folder_already_is_success(service: FakeCloudike):
    move = await prepared(service, CASES["move"])
    service.tree["/b/one"] = service.tree.pop("/a/one")
    service.fail("fileops/move/", httpx.Response(409, json={"code": "SameDirectory"}))
    assert (await move.run()).id == "/b/one"


async def test_kinds_have_to_match(service: FakeCloudike):
    service.add_file("/file")
    service.add_folder("/folder")
    provider = service.provider()
    file, folder = [await provider.stat(EntryId(path)) for path in ("/file", "/folder")]
    with pytest.raises(IsAFolder):
        await provider.move(file, EntryId("/"), "folder", replacing=folder)
    with pytest.raises(NotAFolder):
        await provider.move(folder, EntryId("/"), "file", replacing=file)


@pytest.mark.parametrize("target", ["/a/two", "/b/one", "/b/two"])
async def test_a_folder_with_children_does_not_give_way(service: FakeCloudike, target: str):
    move = await prepared(service, Case("/a/one", target, folder=True, replaces=True))
    service.add_file(f"{target}/kept", b"kept")
    with pytest.raises(NotEmpty):
        await move.run()
    assert {"/a/one/inner", f"{target}/kept"} <= set(service.tree)


async def test_a_target_that_moved_on_is_not_replaced_by_content(service: FakeCloudike):
    move = await prepared(service, CASES["rename over, content known"])
    service._write(service.tree["/a/two"], b"theirs")
    with pytest.raises(Changed):
        await move.run()
    assert service.tree["/a/two"].data == b"theirs"
    assert service.tree["/a/one"].data == b"new"


async def test_a_source_that_moved_on_is_not_deleted_for_its_old_content(service: FakeCloudike):
    move = await prepared(service, CASES["rename over, content known"])
    service._write(service.tree["/a/one"], b"newer")
    await move.run()
    assert service.tree["/a/two"].data == b"newer"


async def test_a_full_account_still_replaces_step_by_step(service: FakeCloudike):
    move = await prepared(service, CASES["move over"])
    service.fail("files/create/", httpx.Response(402, json={"code": "QuotaExceeded"}))
    await move.run()
    assert move.done()


async def test_the_root_stays_and_nothing_moves_into_itself(service: FakeCloudike):
    service.add_folder("/a")
    provider = service.provider()
    folder = await provider.stat(EntryId("/a"))
    sent = len(service.calls)
    with pytest.raises(NotPermitted):
        await provider.move(await provider.root(), EntryId("/a"), "x")
    for inside in ("/a", "/a/b"):
        with pytest.raises(InvalidRequest):
            await provider.move(folder, EntryId(inside), "x")
    assert len(service.calls) == sent + 1  # the question for the root


async def test_what_is_gone_cannot_be_moved(service: FakeCloudike):
    move = await prepared(service, CASES["both over"])
    del service.tree["/a/one"]
    with pytest.raises(NotFound):
        await move.run()
    assert service.tree["/b/two"].data == b"old"


async def test_where_it_is_already_is_one_question(service: FakeCloudike):
    move = await prepared(service, Case("/a/one", "/a/one"))
    assert (await move.run()).id == "/a/one"
    assert service.routes() == ["metadata/a/one"]


@pytest.mark.parametrize(
    ("there", "error"), [("folder", IsAFolder), ("nothing", Changed), ("file", AccessDenied)]
)
async def test_a_refusal_to_write_over_a_file_is_told_apart_by_a_look(
    service: FakeCloudike, there: str, error: type[CloudError]
):
    move = await prepared(service, CASES["rename over, content known"])
    if there != "file":
        del service.tree["/a/two"]
    if there == "folder":
        service.add_folder("/a/two")
    service.fail("files/create/", httpx.Response(403, json={"code": "Whatever"}))
    with pytest.raises(error):
        await move.run()
    assert service.tree["/a/one"].data == b"new"


async def test_without_checksums_sent_nothing_is_written_by_checksum(service: FakeCloudike):
    move = await prepared(service, CASES["rename over, content known"])
    move.provider = service.provider(send_checksum=False)
    await move.run()
    assert "files/create/" not in service.routes()
    assert move.done()


# Cut short --------------------------------------------------------------------------------------


def once(number: int, what: str) -> Callable[[int], str]:
    return lambda at: what if at == number else "pass"


def from_then_on(number: int, what: str) -> Callable[[int], str]:
    return lambda at: what if at >= number else "pass"


async def numbers_of(service: FakeCloudike, case: Case) -> int:
    return len(await steps(service, case)) + 1  # and the sign-in


@pytest.mark.parametrize("what", ["fail", "break", "lose", "down"])
@pytest.mark.parametrize("name", CASES)
async def test_a_move_survives_one_disturbance_anywhere(
    name: str, what: str, autojump_clock: object
):
    """Whichever request fails, nothing is lost, and a repeat completes the move."""
    for number in range(await numbers_of(FakeCloudike(), CASES[name])):
        service = FakeCloudike()
        move = await prepared(service, CASES[name])
        service.disturbed_by(once(number, what))
        failure = await move.failure()
        assert move.done() if failure is None else failure.transient, (number, failure)
        assert move.nothing_lost(), number
        service.disturb = None
        await move.run()
        assert move.done(), (number, set(service.tree))
        assert move.nothing_lost()


@pytest.mark.parametrize("name", CASES)
async def test_a_move_survives_an_outage_that_begins_anywhere(
    name: str, autojump_clock: object, announce: Announced
):
    """Neither the next step nor undoing the last one is possible: a repeat finds what is left."""
    announce("could not be undone")
    for number in range(await numbers_of(FakeCloudike(), CASES[name])):
        for first in ("lose", "down"):
            service = FakeCloudike()
            move = await prepared(service, CASES[name])

            def disturb(at: int, number: int = number, first: str = first) -> str:
                return "pass" if at < number else first if at == number else "down"

            service.disturbed_by(disturb)
            failure = await move.failure()
            assert failure is not None
            assert failure.transient
            assert move.nothing_lost(), (number, first)
            service.disturb = None
            await move.run()
            assert move.done(), (number, first, set(service.tree))
            assert move.nothing_lost()


@pytest.mark.parametrize("name", CASES)
async def test_a_move_that_is_refused_midway_leaves_everything_where_it_was(name: str):
    """The service refuses a step for good: the steps before it are undone."""
    case = CASES[name]
    routes = await steps(FakeCloudike(), case)
    changes = [number for number, route in enumerate(routes) if route.startswith("fileops/")]
    if case.dedup or case.replaces:
        changes = changes[:-1]  # the last deletes what was replaced, or was moved already
    for number in changes:
        service = FakeCloudike()
        move = await prepared(service, case)
        before = {path: node.data for path, node in service.tree.items()}
        for earlier in routes[:number]:
            if earlier == routes[number]:
                service.skip(earlier)
        service.fail(routes[number], httpx.Response(403, json={"code": "AccessDenied"}))
        with pytest.raises(AccessDenied):
            await move.run()
        assert {path: node.data for path, node in service.tree.items()} == before
