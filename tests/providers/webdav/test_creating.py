import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    InvalidName,
    NameTooLong,
    NotAFolder,
    NotFound,
)
from cloudfs.model import EntryId
from cloudfs.providers.webdav.paths import ROOT
from tests.providers.webdav.scripted import (
    GONE,
    Answer,
    Scripted,
    file,
    folder,
    multistatus,
    provider,
    status,
)

HERE = multistatus(folder("/dav/a/"))
MADE = status(201, Date="Sun, 13 Sep 2020 12:26:40 GMT")


async def create(profile: str, answers: dict[str, Answer | list[Answer]]) -> list[str]:
    server = Scripted(answers)
    made = await provider(server, profile=profile).create_folder(ROOT, "a")
    assert (made.id, made.parent_id, made.name, made.is_folder) == ("/a", "/", "a", True)
    return server.log


async def test_a_folder_is_one_request_where_the_server_refuses_a_taken_name():
    assert await create("apache", {"MKCOL /dav/a/": MADE}) == ["MKCOL /dav/a/"]


async def test_the_server_dates_the_new_folder():
    server = Scripted({"MKCOL /dav/a/": MADE})
    made = await provider(server, profile="apache").create_folder(ROOT, "a")
    assert made.modified_ns == 1_600_000_000_000_000_000


@pytest.mark.parametrize("profile", ["", "rclone"])
async def test_elsewhere_the_name_is_looked_up_before(profile: str):
    server = Scripted({"PROPFIND /dav/a": multistatus(folder("/dav/a"))})
    with pytest.raises(AlreadyExists):
        await provider(server, profile=profile).create_folder(ROOT, "a")
    assert server.log == ["PROPFIND /dav/a"]
    log = await create(profile, {"PROPFIND /dav/a": GONE, "MKCOL /dav/a/": MADE})
    assert log == ["PROPFIND /dav/a", "MKCOL /dav/a/"]


@pytest.mark.parametrize(
    ("code", "there", "parent", "error"),
    [
        (405, None, None, AlreadyExists),
        (400, file("/dav/f/a"), None, AlreadyExists),  # Apache, of a file
        (409, GONE, GONE, NotFound),
        (409, GONE, multistatus(file("/dav/f")), NotAFolder),
        (403, GONE, multistatus(folder("/dav/f/")), AccessDenied),
    ],
)
async def test_a_refusal_is_looked_into(
    code: int,
    there: httpx.Response | str | None,
    parent: httpx.Response | None,
    error: type[CloudError],
):
    server = Scripted({"MKCOL /dav/f/a/": status(code)})
    if there is not None:
        answer = multistatus(there) if isinstance(there, str) else there
        server.on("PROPFIND /dav/f/a", answer)
    if parent is not None:
        server.on("PROPFIND /dav/f", parent)
    with pytest.raises(error):
        await provider(server, profile="apache").create_folder(EntryId("/f"), "a")


async def test_a_repeat_that_finds_its_own_folder_has_succeeded(autojump_clock):
    log = await create(
        "apache",
        {"MKCOL /dav/a/": [httpx.ReadError("reset"), status(405)], "PROPFIND /dav/a": HERE},
    )
    assert log == ["MKCOL /dav/a/", "MKCOL /dav/a/", "PROPFIND /dav/a"]


async def test_a_repeat_after_a_refusal_to_look_finds_what_others_made(autojump_clock):
    server = Scripted({"MKCOL /dav/a/": [status(503), status(405)]})
    with pytest.raises(AlreadyExists):
        await provider(server, profile="apache").create_folder(ROOT, "a")


@pytest.mark.parametrize(
    ("profile", "name"), [("wsgidav", "a;b"), ("wsgidav", "a?"), ("nginx", ".a"), ("", "a\0")]
)
async def test_names_that_the_server_would_lose_are_refused(profile: str, name: str):
    server = Scripted()
    with pytest.raises(InvalidName):
        await provider(server, profile=profile).create_folder(ROOT, name)
    assert server.requests == []


async def test_names_that_are_too_long_are_refused():
    with pytest.raises(NameTooLong):
        await provider(Scripted()).create_folder(ROOT, "ä" * 128)
