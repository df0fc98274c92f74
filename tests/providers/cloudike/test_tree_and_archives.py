"""The whole tree in one file, zips, links to fetch, pictures (reference 3.16.4, 3.17, 3.22)."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    CloudError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotFound,
    NotPermitted,
    TimedOut,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.cloudike import CloudikeProvider
from cloudfs.providers.cloudike.fetching import link_key
from cloudfs.providers.cloudike.jsonarray import ArrayReader
from tests.providers.cloudike.extras import FullCloudike
from tests.providers.cloudike.service import API, STORE, streamed

ROOT = EntryId("/")
LISTING = "metadata_full_listing/"
STREAM = "files/download_as_archive_stream/"
WHOLE_SERVICE_TREE = {"/d", "/d/e", "/d/e/f", "/d2", "/g ü"}


async def opened(
    service: FullCloudike, *paths: str, **settings: Any
) -> tuple[CloudikeProvider, list[Entry]]:
    provider = service.provider(**settings)
    for path in ("/d", "/d/e", "/d2"):
        service.add_folder(path)
    for path in ("/d/e/f", "/g ü"):
        service.add_file(path, path.encode())
    entries = [await provider.stat(EntryId(path)) for path in paths]
    service.calls.clear()
    return provider, entries


async def below(provider: CloudikeProvider, folder: str = "/") -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    async for page in provider.tree.below(EntryId(folder)):
        for entry in page:
            assert entry.id not in found
            found[entry.id] = entry
    return found


# The tree -----------------------------------------------------------------------------------


@pytest.mark.parametrize("nested", [False, True])
async def test_the_whole_tree_comes_in_one_file(
    service: FullCloudike, nested: bool, autojump_clock: object
):
    service.nested_listing = nested
    provider, (file,) = await opened(service, "/d/e/f")
    found = await below(provider)
    assert set(found) == WHOLE_SERVICE_TREE
    assert found["/d/e/f"] == file
    assert [call.params for call in service.of(LISTING)] == [
        {},
        *[{"listing_request_id": "7d88cf5e"}] * 3,
    ]


@pytest.mark.parametrize(("folder", "wanted"), [("/d", {"/d/e", "/d/e/f"}), ("/d2", set())])
async def test_a_part_of_the_tree_is_picked_out(
    service: FullCloudike, folder: str, wanted: set[str], autojump_clock: object
):
    provider, _ = await opened(service)
    assert set(await below(provider, folder)) == wanted


async def test_below_a_file_or_nothing_there_is_nothing(service: FullCloudike):
    provider, _ = await opened(service)
    with pytest.raises(NotAFolder):
        await below(provider, "/g ü")
    with pytest.raises(NotFound):
        await below(provider, "/never")
    assert service.of(LISTING) == []


async def test_a_list_that_the_service_has_forgotten_fails(
    service: FullCloudike, autojump_clock: object
):
    provider, _ = await opened(service)
    service.skip(LISTING)
    for _ in range(200):
        service.fail(LISTING, httpx.Response(404, json={"code": "NotFound"}))
    with pytest.raises(CloudError, match="does not know"):
        await below(provider)


async def test_a_list_that_is_never_ready_is_given_up(
    service: FullCloudike, autojump_clock: object
):
    service.listing_polls = 10_000
    provider, _ = await opened(service, task_timeout=60)
    with pytest.raises(TimedOut):
        await below(provider)


async def test_a_service_may_make_no_such_list(service: FullCloudike):
    provider, _ = await opened(service)
    for status in (404, 405):
        service.fail(LISTING, httpx.Response(status, json={"code": "NotFound"}))
        with pytest.raises(Unsupported):
            await below(provider)


async def test_an_address_that_has_ended_is_asked_for_again(
    service: FullCloudike, autojump_clock: object
):
    provider, _ = await opened(service)
    service.fail("store", streamed(403, b"<xml/>"))
    assert set(await below(provider)) == WHOLE_SERVICE_TREE
    for _ in range(2):
        service.fail("store", streamed(403, b"<xml/>"))
    with pytest.raises(CloudError):
        await below(provider)


async def test_half_a_list_is_no_list(service: FullCloudike, autojump_clock: object):
    provider, _ = await opened(service)
    service.fail("store", streamed(200, b'[{"path": "/d", "folder": true}, '))
    with pytest.raises(BadReply):
        await below(provider)


# The array ----------------------------------------------------------------------------------

ELEMENTS = [{"a": "ü]"}, {"b": [1, 2, {}]}, {}, {"c": 'x"y\\'}]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("value", [ELEMENTS, [], {"whole": ELEMENTS}])
def test_an_array_is_read_whatever_pieces_it_comes_in(size: int, value: Any):
    reader = ArrayReader()
    data = b" \n" + json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
    found: list[Any] = []
    for start in range(0, len(data), size):
        found += reader.feed(data[start : start + size])
    assert found + reader.end() == (value if isinstance(value, list) else [value])


@pytest.mark.parametrize("data", [b"", b"[", b'[{"a": 1}', b"[{]", b"<html>", b"[\xff]", b"[" * 9])
def test_what_is_no_array_is_a_bad_reply(data: bytes):
    with pytest.raises(BadReply):
        _read(data)


def _read(data: bytes) -> list[Any]:
    reader = ArrayReader()
    return reader.feed(data) + reader.end()


# Archives -----------------------------------------------------------------------------------


def packed(service: FullCloudike, path: str) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(service.tree[path].data)) as archive:
        return set(archive.namelist())


async def test_a_zip_made_by_the_service_is_put_where_it_is_wanted(service: FullCloudike):
    provider, entries = await opened(service, "/g ü", "/d/e/f")
    made = await provider.archives.pack(entries, EntryId("/d2"), "all.zip")
    assert made.id == "/d2/all.zip"
    assert packed(service, "/d2/all.zip") == {"g ü", "d/e/f"}
    posted, read = service.of(STREAM)[0], service.of(STREAM + "abc/")[0]
    assert (posted.method, posted.params) == ("POST", {"path": ["/g ü", "/d/e/f"]})
    assert read.request.headers["mountbit-auth"] == service.token  # it is a call of the API


async def test_a_zip_in_the_store_is_read_without_the_token(service: FullCloudike):
    service.archive_at = f"{STORE}/get/archive"
    provider, (file,) = await opened(service, "/g ü")
    await provider.archives.pack([file], ROOT, "x.zip")
    assert packed(service, "/x.zip") == {"g ü"}


async def test_a_store_on_the_api_s_server_gets_no_token_either(service: FullCloudike):
    service.archive_at = f"{API}/store/archive"
    provider, (file,) = await opened(service, "/g ü")
    sent: list[httpx.Request] = []
    usual = service.handle

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/store/archive":
            sent.append(request)
            return streamed(200, service.archive())
        return await usual(request)

    provider._http._client._transport.handler = handle
    await provider.archives.pack([file], ROOT, "x.zip")
    assert "mountbit-auth" not in sent[0].headers


async def test_only_a_hash_is_told_of_a_stream(service: FullCloudike):
    provider, (file,) = await opened(service, "/g ü")
    service.archived = ["/g ü"]
    service.fail(STREAM, httpx.Response(200, json={"hash": "abc"}))
    await provider.archives.pack([file], ROOT, "x.zip")
    assert len(service.of(STREAM + "abc/")) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 501])
async def test_without_streams_the_zip_is_made_in_the_background(
    service: FullCloudike, status: int
):
    service.task_delay = 0.03
    provider, entries = await opened(service, "/d/e/f", task_poll=0.01)
    for _ in range(2):  # a form is tried, too
        service.fail(STREAM, httpx.Response(status, json={"code": "NotFound"}))
    await provider.archives.pack(entries, ROOT, "x.zip")
    assert packed(service, "/x.zip") == {"d/e/f"}
    (call,) = service.of("files/download_as_archive/")
    assert (call.method, call.params) == ("GET", {"path": "/d/e/f", "parent_folder": "/d/e"})


async def test_a_token_that_ended_is_renewed_for_a_zip(service: FullCloudike):
    provider, (file,) = await opened(service, "/g ü")
    service.fail(STREAM + "abc/", streamed(401, b"{}"))
    await provider.archives.pack([file], ROOT, "x.zip")
    assert len(service.of("accounts/login/")) == 1


@pytest.mark.parametrize("body", [b"", b"<html>sorry</html>", b"PK\x03\x04 half of it"])
async def test_what_is_no_whole_zip_is_not_kept(service: FullCloudike, body: bytes):
    provider, (file,) = await opened(service, "/g ü")
    service.fail(STREAM + "abc/", streamed(200, body))
    with pytest.raises(BadReply):
        await provider.archives.pack([file], ROOT, "x.zip")
    assert "x.zip" not in service.names()


async def test_a_refused_zip_is_an_error(service: FullCloudike):
    provider, (file,) = await opened(service, "/g ü")
    service.fail(STREAM, httpx.Response(403, json={"code": "AccessDenied"}))
    with pytest.raises(AccessDenied):
        await provider.archives.pack([file], ROOT, "x.zip")
    service.fail(STREAM + "abc/", streamed(404, b'{"code": "NotFound"}'))
    with pytest.raises(NotFound):
        await provider.archives.pack([file], ROOT, "x.zip")


async def test_a_zip_overwrites_nothing(service: FullCloudike):
    provider, (file,) = await opened(service, "/g ü")
    with pytest.raises(AlreadyExists):
        await provider.archives.pack([file], ROOT, "d2")
    with pytest.raises(InvalidRequest):
        await provider.archives.pack([], ROOT, "x.zip")
    with pytest.raises(InvalidName):
        await provider.archives.pack([file], ROOT, "a/b")
    with pytest.raises(NotPermitted):
        await provider.archives.pack([await provider.root()], ROOT, "x.zip")
    assert service.of(STREAM) == []
    assert not provider.archives.unpacks
    with pytest.raises(Unsupported):
        await provider.archives.unpack(file, ROOT)


# Links of others ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mine", "From a link"])
async def test_what_a_link_leads_to_is_saved_where_it_is_wanted(
    service: FullCloudike, name: str, autojump_clock: object
):
    service.task_delay = 2
    provider, _ = await opened(service)
    url = "https://c.example/public/AbC-1_x/"
    entry = await provider.fetching.fetch_url(url, EntryId("/d2"), name)
    assert entry.id == f"/d2/{name}"
    assert f"/d2/{name}/f" in service.tree
    (call,) = service.of("links/add_to_storage/AbC-1_x/")
    assert call.method == "GET"


async def test_what_is_saved_may_be_in_its_place_at_once(service: FullCloudike):
    provider, _ = await opened(service)
    assert (await provider.fetching.fetch_url("abc", ROOT, "From a link")).id == "/From a link"
    assert service.of("fileops/move/") == []


async def test_a_taken_name_is_noticed_before_anything_is_saved(service: FullCloudike):
    provider, _ = await opened(service)
    with pytest.raises(AlreadyExists):
        await provider.fetching.fetch_url("abc", ROOT, "d2")
    assert "From a link" not in service.names()


async def test_a_blocked_link_is_not_for_us(service: FullCloudike):
    provider, _ = await opened(service)
    with pytest.raises(AccessDenied):
        await provider.fetching.fetch_url("blocked", ROOT, "x")


async def test_saving_is_not_begun_twice_when_its_answer_is_lost(service: FullCloudike):
    provider, _ = await opened(service)
    service.lose_answer("links/add_to_storage/abc/")
    with pytest.raises(TransientError):
        await provider.fetching.fetch_url("abc", ROOT, "x")
    assert len(service.of("links/add_to_storage/abc/")) == 1


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://c.example/public/abc", "abc"),
        (" http://c.example/x/public/a_b-c/ ", "a_b-c"),
        ("abc", "abc"),
    ],
)
def test_the_key_of_a_link_is_found(url: str, key: str):
    assert link_key(url) == key


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://c.example/",
        "https://c.example/abc",
        "https://c.example/public/a/b",
        "ftp://c.example/public/abc",
        "https://[/public/abc",
        "a/b",
    ],
)
def test_other_addresses_are_not_fetched(url: str):
    with pytest.raises(Unsupported):
        link_key(url)


# Pictures -----------------------------------------------------------------------------------


async def test_a_picture_that_the_file_tells_of_is_taken(service: FullCloudike):
    service.add_file("/p", b"x")
    service.thumbnails["/p"] = b"small"
    provider, (file,) = await opened(service, "/p")
    assert await provider.previews.preview(file) == b"small"
    assert service.calls[0].params == {"listing": "0", "extra": "1"}
    assert [call.route for call in service.calls] == ["metadata/p", "store"]


async def test_else_the_service_is_asked_for_one(service: FullCloudike):
    service.add_file("/p", b"x")
    service.previews["/p"] = b"preview"
    provider, (file,) = await opened(service, "/p")
    assert await provider.previews.preview(file) == b"preview"
    (call,) = service.of("files/get_preview/")
    assert call.params == {"path": "/p", "version": file.version}


async def test_a_picture_whose_address_ended_is_asked_for(service: FullCloudike):
    service.add_file("/p", b"x")
    service.thumbnails["/p"] = b"small"
    service.previews["/p"] = b"preview"
    provider, (file,) = await opened(service, "/p")
    service.fail("store", httpx.Response(403))
    assert await provider.previews.preview(file) == b"preview"


async def test_where_there_is_no_picture_there_is_none(service: FullCloudike):
    provider, (file, folder) = await opened(service, "/g ü", "/d")
    with pytest.raises(NotFound):
        await provider.previews.preview(file)
    service.previews["/g ü"] = b""
    with pytest.raises(NotFound):
        await provider.previews.preview(file)
    with pytest.raises(NotFound):
        await provider.previews.preview(folder)


async def test_pictures_are_made_anew(service: FullCloudike):
    provider, (file, folder) = await opened(service, "/g ü", "/d")
    assert await provider.previews.rebuild(file)
    (call,) = service.of("files/create_extra/")
    assert call.params == {"path": "/g ü", "version": int(file.version)}
    with pytest.raises(IsAFolder):
        await provider.previews.rebuild(folder)
