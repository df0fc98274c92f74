import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    Busy,
    Changed,
    CloudError,
    ConnectionLost,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    Unsupported,
)
from cloudfs.model import Entry, EntryId, Kind
from cloudfs.providers.webdav.paths import ROOT
from tests.providers.webdav.scripted import (
    GONE,
    Answer,
    Scripted,
    bare,
    entry,
    file,
    folder,
    multistatus,
    provider,
    status,
)

A, B = multistatus(file("/dav/a")), multistatus(file("/dav/b"))
FOLDER = entry("/d", kind=Kind.FOLDER, etag=None)
FULL = multistatus(folder("/dav/e/"), file("/dav/e/x"))
EMPTY = multistatus(folder("/dav/e/"))


async def move(
    server: Scripted,
    profile: str = "apache",
    *,
    what: Entry | None = None,
    to: str = "b",
    replacing: Entry | None = None,
) -> Entry:
    account = provider(server, profile=profile)
    return await account.move(what or entry("/a"), ROOT, to, replacing=replacing)


async def test_a_file_is_moved_on_the_condition_that_it_is_at_its_version():
    server = Scripted({"MOVE /dav/a": status(201), "PROPFIND /dav/b": B})
    assert (await move(server)).id == "/b"
    headers = server.last("MOVE").headers
    assert headers["Destination"] == "https://dav.example/dav/b"
    assert headers["Overwrite"] == "F"
    assert headers["If-Match"] == '"v1"'


async def test_a_folder_is_moved_by_one_request_with_slashes_at_both_ends():
    server = Scripted({"MOVE /dav/d/": status(201)})
    moved = await move(server, what=FOLDER, to="new name")
    assert (moved.id, moved.name, moved.parent_id) == ("/new name", "new name", "/")
    headers = server.last("MOVE").headers
    assert headers["Destination"] == "https://dav.example/dav/new%20name/"
    assert headers["Depth"] == "infinity"
    assert "If-Match" not in headers
    assert server.log == ["MOVE /dav/d/"]


async def test_moving_into_itself_is_refused_here_since_nginx_would_lose_the_folder():
    server = Scripted()
    account = provider(server, profile="nginx")
    for target in (FOLDER.id, EntryId("/d/below")):
        with pytest.raises(InvalidRequest):
            await account.move(FOLDER, target, "d")
    assert server.requests == []


async def test_moving_to_the_same_place_only_looks():
    server = Scripted({"PROPFIND /dav/a": A})
    assert (await move(server, to="a")).id == "/a"
    assert server.log == ["PROPFIND /dav/a"]


async def test_the_root_stays():
    root = entry("/", kind=Kind.FOLDER)
    with pytest.raises(NotPermitted):
        await move(Scripted(), what=root)
    with pytest.raises(NotPermitted):
        await provider(Scripted()).remove(root, recursive=True)


@pytest.mark.parametrize(
    ("code", "source", "target", "error"),
    [
        (412, A, B, AlreadyExists),
        (412, GONE, GONE, NotFound),
        (412, multistatus(file("/dav/a", etag='"theirs"')), GONE, Changed),
        (404, GONE, GONE, NotFound),
        (403, GONE, GONE, NotFound),  # rclone, of a source that is gone
        (409, A, B, AlreadyExists),  # nginx, of a folder in the way
        (403, A, GONE, AccessDenied),
        (405, A, GONE, Unsupported),
        (423, A, GONE, Busy),
    ],
)
async def test_a_refused_move_is_looked_into(
    code: int, source: Answer, target: Answer, error: type[CloudError]
):
    server = Scripted(
        {
            "MOVE /dav/a": status(code),
            "PROPFIND /dav/a": source,
            "PROPFIND /dav/b": target,
            "PROPFIND /dav/": multistatus(folder("/dav/")),
        }
    )
    with pytest.raises(error):
        await move(server)


@pytest.mark.parametrize("code", [403, 409, 500])
async def test_a_missing_target_folder_is_not_found_however_the_server_says_it(code: int):
    server = Scripted(
        {
            "MOVE /dav/a": status(code),
            "PROPFIND /dav/a": A,
            "PROPFIND /dav/f/a": GONE,
            "PROPFIND /dav/f": GONE,
        }
    )
    with pytest.raises(NotFound, match="PROPFIND"):
        await provider(server, profile="rclone").move(entry("/a"), EntryId("/f"), "a")


async def test_nginx_is_asked_for_the_target_folder_as_it_would_make_it():
    server = Scripted({"PROPFIND /dav/f": GONE})
    account = provider(server, profile="nginx")
    for verb in (account.move, account.copy):
        with pytest.raises(NotFound):
            await verb(entry("/a"), EntryId("/f"), "a")
    assert set(server.log) == {"PROPFIND /dav/f"}


async def test_a_condition_that_only_a_weak_etag_failed_is_left_out():
    server = Scripted(
        {
            "MOVE /dav/a": [status(412), status(201)],
            "PROPFIND /dav/a": A,
            "PROPFIND /dav/b": [GONE, B],
        }
    )
    assert (await move(server)).id == "/b"
    assert "If-Match" not in server.last("MOVE").headers


async def test_what_gives_way_is_looked_at_before():
    server = Scripted({"MOVE /dav/a": status(204), "PROPFIND /dav/b": B})
    await move(server, replacing=entry("/b"))
    assert server.log == ["PROPFIND /dav/b", "MOVE /dav/a", "PROPFIND /dav/b"]
    assert server.last("MOVE").headers["Overwrite"] == "T"


@pytest.mark.parametrize(
    ("now", "error"),
    [
        (multistatus(file("/dav/b", etag='"theirs"')), Changed),
        (multistatus(folder("/dav/b/")), IsAFolder),
    ],
)
async def test_what_changed_meanwhile_does_not_give_way(now: Answer, error: type[CloudError]):
    server = Scripted({"PROPFIND /dav/b": now})
    with pytest.raises(error):
        await move(server, replacing=entry("/b"))
    assert "MOVE /dav/a" not in server.log


async def test_what_is_gone_needs_not_give_way():
    server = Scripted({"MOVE /dav/a": status(201), "PROPFIND /dav/b": [GONE, B]})
    await move(server, replacing=entry("/b"))
    assert server.last("MOVE").headers["Overwrite"] == "F"


async def test_a_full_folder_never_gives_way():
    server = Scripted({"PROPFIND /dav/e/": FULL})
    with pytest.raises(NotEmpty):
        await move(server, what=FOLDER, to="e", replacing=entry("/e", kind=Kind.FOLDER))
    assert server.log == ["PROPFIND /dav/e/"]


async def test_files_and_folders_do_not_replace_each_other():
    with pytest.raises(NotAFolder):
        await move(Scripted(), what=FOLDER, replacing=entry("/b"))
    with pytest.raises(IsAFolder):
        await move(Scripted(), replacing=entry("/b", kind=Kind.FOLDER))


async def test_wsgidav_gets_no_condition_where_it_would_hold_it_against_the_target():
    server = Scripted({"MOVE /dav/a": status(204), "PROPFIND /dav/a": A, "PROPFIND /dav/b": B})
    await move(server, "wsgidav", replacing=entry("/b"))
    assert "If-Match" not in server.last("MOVE").headers
    assert "PROPFIND /dav/a" in server.log


@pytest.mark.parametrize("name", ["a;b", "what?"])
async def test_wsgidav_is_not_asked_to_move_to_where_it_would_not(name: str):
    folder_id = EntryId(f"/{name}")
    server = Scripted()
    with pytest.raises(InvalidName):
        await provider(server, profile="wsgidav").move(entry("/a"), folder_id, "a")
    assert server.requests == []


async def test_a_move_whose_answer_was_lost_is_looked_into():
    lost = httpx.ReadError("reset")
    server = Scripted({"MOVE /dav/a": lost, "PROPFIND /dav/a": GONE, "PROPFIND /dav/b": B})
    assert (await move(server)).id == "/b"
    assert server.log.count("MOVE /dav/a") == 1


@pytest.mark.parametrize(
    ("source", "target"), [(A, GONE), (GONE, GONE), (GONE, multistatus(file("/dav/b", size=9)))]
)
async def test_a_move_that_perhaps_was_not_made_is_not_called_done(source: Answer, target: Answer):
    lost = httpx.ReadError("reset")
    server = Scripted({"MOVE /dav/a": lost, "PROPFIND /dav/a": source, "PROPFIND /dav/b": target})
    with pytest.raises(ConnectionLost):
        await move(server)


async def test_what_stood_at_the_target_before_is_not_taken_for_the_moved_file():
    lost = httpx.ReadError("reset")
    server = Scripted({"MOVE /dav/a": lost, "PROPFIND /dav/a": GONE, "PROPFIND /dav/b": B})
    with pytest.raises(ConnectionLost):
        await move(server, replacing=entry("/b"))


def partly(code: str) -> httpx.Response:
    return multistatus(bare("/dav/d/x", code))


@pytest.mark.parametrize(("code", "error"), [("423 Locked", Busy), ("403 Forbidden", CloudError)])
async def test_half_done_is_not_done(code: str, error: type[CloudError]):
    server = Scripted({"MOVE /dav/d/": partly(code), "DELETE /dav/d/": partly(code)})
    with pytest.raises(error):
        await move(server, what=FOLDER)
    with pytest.raises(error):
        await provider(server).remove(FOLDER, recursive=True)
    server.on("DELETE /dav/d/", partly("204 No Content"))
    await provider(server).remove(FOLDER, recursive=True)


# Copying ------------------------------------------------------------------------------------


async def test_a_copy_spares_what_exists():
    server = Scripted(
        {"COPY /dav/a": [status(201), status(412)], "PROPFIND /dav/a": A, "PROPFIND /dav/b": B}
    )
    account = provider(server, profile="apache")
    assert (await account.copy(entry("/a"), ROOT, "b")).id == "/b"
    assert server.last("COPY").headers["Overwrite"] == "F"
    with pytest.raises(AlreadyExists):
        await account.copy(entry("/a"), ROOT, "b")
    with pytest.raises(AlreadyExists):
        await account.copy(entry("/a"), ROOT, "a")
    with pytest.raises(IsAFolder):
        await account.copy(FOLDER, ROOT, "b")


# Removing -----------------------------------------------------------------------------------


async def test_a_file_is_removed_on_the_condition_that_it_is_at_its_version():
    server = Scripted({"DELETE /dav/a": status(204)})
    await provider(server, profile="apache").remove(entry("/a"))
    assert server.last("DELETE").headers["If-Match"] == '"v1"'
    assert server.log == ["DELETE /dav/a"]


@pytest.mark.parametrize(
    ("now", "error"), [(GONE, NotFound), (multistatus(file("/dav/a", etag='"theirs"')), Changed)]
)
async def test_a_file_that_moved_on_is_not_removed(now: Answer, error: type[CloudError]):
    server = Scripted({"DELETE /dav/a": status(412), "PROPFIND /dav/a": now})
    with pytest.raises(error):
        await provider(server, profile="apache").remove(entry("/a"))


async def test_a_file_with_a_weak_etag_is_removed_in_the_end():
    server = Scripted({"DELETE /dav/a": [status(412), status(204)], "PROPFIND /dav/a": A})
    await provider(server, profile="apache").remove(entry("/a"))
    assert "If-Match" not in server.last("DELETE").headers


async def test_a_folder_is_looked_into_before_it_is_removed():
    server = Scripted({"PROPFIND /dav/e/": FULL, "DELETE /dav/e/": status(204)})
    account = provider(server)
    there = entry("/e", kind=Kind.FOLDER)
    with pytest.raises(NotEmpty):
        await account.remove(there)
    assert server.log == ["PROPFIND /dav/e/"]
    await account.remove(there, recursive=True)
    assert server.log == ["PROPFIND /dav/e/", "DELETE /dav/e/"]


async def test_leftover_temporary_files_do_not_keep_a_folder_alive():
    left = multistatus(folder("/dav/e/"), file("/dav/e/.x.cloudfs-tmp-0123abcd"))
    server = Scripted({"PROPFIND /dav/e/": left, "DELETE /dav/e/": status(204)})
    await provider(server).remove(entry("/e", kind=Kind.FOLDER))


async def test_what_is_gone_cannot_be_removed():
    server = Scripted({"DELETE /dav/a": GONE})
    with pytest.raises(NotFound):
        await provider(server).remove(entry("/a"))


async def test_a_repeat_that_finds_nothing_has_succeeded(autojump_clock):
    server = Scripted({"DELETE /dav/a": [httpx.ReadError("reset"), GONE]})
    await provider(server).remove(entry("/a"))
    server = Scripted(
        {"DELETE /dav/a": [httpx.ReadError("reset"), status(412)], "PROPFIND /dav/a": GONE}
    )
    await provider(server, profile="apache").remove(entry("/a"))


async def test_a_repeat_after_a_refusal_to_look_finds_that_others_removed_it(autojump_clock):
    server = Scripted({"DELETE /dav/a": [status(503), GONE]})
    with pytest.raises(NotFound):
        await provider(server).remove(entry("/a"))
