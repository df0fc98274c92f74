"""Requests compared with the examples of the reference (appendix C, 3.1, 3.5), to the byte."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cloudfs.model import Entry, EntryId, Version
from cloudfs.providers.podspace import PodspaceProvider
from tests.providers.podspace.service import FakePodspace
from tests.support import BytesContent, content

FILE = "UJMUIT4M194C5WLJ"
FOLDER = "RKBYIGMPW2ZIDQLI"
OTHER = "A000000000000001"

ROOT = EntryId("ROOT")


class Scene:
    """The account of the examples."""

    def __init__(self, service: FakePodspace, **settings: Any) -> None:
        self.service = service
        service.called(service.add_folder("/Posts"), FOLDER)
        service.called(service.add_folder("/a"), OTHER)
        service.called(service.add_file("/photo.png", b"x" * 2000), FILE)
        self.provider: PodspaceProvider = service.provider(**settings)

    async def entry(self, id_: str) -> Entry:
        entry = await self.provider.stat(EntryId(id_))
        self.service.calls.clear()
        return entry

    def sent(self, at: int = 0) -> str:
        call = self.service.calls[at]
        return f"{call.method} {call.path}"


Act = Callable[[Scene], Awaitable[object]]


async def listed(scene: Scene) -> None:
    async for _ in scene.provider.list_folder(ROOT):
        pass


async def everything_of(pages: Any) -> None:
    async for _ in pages:
        pass


EXAMPLES: dict[str, tuple[str, Act]] = {
    "list": (
        "GET /api/folders/ROOT/children?start=0&size=100&order=NAME&desc=false&breadcrumb=true",
        listed,
    ),
    "stat": (f"GET /api/files/{FILE}/detail", lambda s: s.provider.stat(EntryId(FILE))),
    "find": (
        "GET /api/files/ROOT/exist?fileName=photo.png",
        lambda s: s.provider.find(ROOT, "photo.png"),
    ),
    "create folder": (
        "POST /api/folders?name=My%20docs&parentHash=ROOT",
        lambda s: s.provider.create_folder(ROOT, "My docs"),
    ),
    "a plus": (
        "POST /api/folders?name=1%2B1%20%26%20co&parentHash=ROOT",
        lambda s: s.provider.create_folder(ROOT, "1+1 & co"),
    ),
    "Persian": (
        "POST /api/folders?name=%D8%B9%DA%A9%D8%B3&parentHash=ROOT",
        lambda s: s.provider.create_folder(ROOT, "عکس"),
    ),
    "bin": (
        "GET /api/trashes?start=0&size=100&order=NAME&desc=false",
        lambda s: everything_of(s.provider.trash.items()),
    ),
    "empty the bin": ("DELETE /api/trashes", lambda s: s.provider.trash.empty()),
    "shared with me": (
        "GET /api/shares?start=0&size=100",
        lambda s: s.provider.sharing.shared_with_me(),
    ),
    "recents": (
        "GET /api/activities?start=0&size=20&desc=true",
        lambda s: everything_of(s.provider.recent.recent(20)),
    ),
    "search": (
        (
            "GET /api/files/search?words=photo&type=image&minSize=1000&after=2023-01-01"
            "&start=0&size=100&order=NAME&desc=false"
        ),
        lambda s: everything_of(
            s.provider.search.find("photo type:image minSize:1000 after:2023-01-01")
        ),
    ),
    "bookmarks": (
        "GET /api/bookmarks?start=0&size=100",
        lambda s: everything_of(s.provider.favorites.marked()),
    ),
    "quota": ("GET /api/me/status", lambda s: s.provider.quota()),
    "organisations": ("GET /api/teams", lambda s: s.provider.roots.roots()),
}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_a_request_is_that_of_the_example(service: FakePodspace, name: str):
    expected, act = EXAMPLES[name]
    scene = Scene(service)
    await scene.provider.open()
    service.calls.clear()
    await act(scene)
    assert scene.sent() == expected
    assert service.calls[0].body == b""
    headers = service.calls[0].request.headers
    assert headers["authorization"] == "Bearer 9c1e"
    assert headers["accept-language"] == "fa-IR"
    assert headers.get("content-length") == (None if expected.startswith("GET") else "0")
    assert "content-type" not in headers


OF_AN_ENTRY: dict[str, tuple[str, str, Callable[[Scene, Entry], Awaitable[object]]]] = {
    "move": (
        FILE,
        f"PUT /api/files/{FILE}/move?destFolderHash={FOLDER}",
        lambda s, e: s.provider.move(e, EntryId(FOLDER), "photo.png"),
    ),
    "trash": (FILE, f"DELETE /api/files/{FILE}", lambda s, e: s.provider.remove(e)),
    "versions": (FILE, f"GET /api/files/{FILE}/versions", lambda s, e: s.provider.versions.of(e)),
    "mark": (
        FILE,
        f"POST /api/bookmarks?hash={FILE}",
        lambda s, e: s.provider.favorites.mark(e, wanted=True),
    ),
    "unmark": (
        FILE,
        f"DELETE /api/bookmarks?hash={FILE}",
        lambda s, e: s.provider.favorites.mark(e, wanted=False),
    ),
    "private share": (
        FOLDER,
        (
            f"POST /api/files/{FOLDER}/share?expiration=2030-01-01&level=VIEW&persons=ali,reza"
            "&type=PRIVATE"
        ),
        lambda s, e: s.provider.sharing.create(
            e, members=["ali", "reza"], expires_ns=1_893_456_000 * 10**9
        ),
    ),
    "public share": (
        FOLDER,
        f"POST /api/files/{FOLDER}/public?expiration=2074-05-01",
        lambda s, e: s.provider.sharing.create(e, expires_ns=3_292_358_400 * 10**9),
    ),
    "shares": (
        FOLDER,
        f"GET /api/files/{FOLDER}/shares",
        lambda s, e: s.provider.sharing.shares(e),
    ),
    "size": (
        FOLDER,
        f"GET /api/folders/{FOLDER}/size",
        lambda s, e: s.provider.details.get(e, "folder_size"),
    ),
    "address": (
        FILE,
        f"GET /api/files/{FILE}/breadcrumb",
        lambda s, e: s.provider.details.get(e, "path"),
    ),
    "activities": (
        FILE,
        f"GET /api/files/{FILE}/activities",
        lambda s, e: s.provider.details.get(e, "activity"),
    ),
    "post": (
        FILE,
        f"GET /api/files/{FILE}/post",
        lambda s, e: s.provider.details.get(e, "post_id"),
    ),
}


@pytest.mark.parametrize("name", OF_AN_ENTRY)
async def test_a_request_about_an_entry_is_that_of_the_example(service: FakePodspace, name: str):
    id_, expected, act = OF_AN_ENTRY[name]
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(id_)
    await act(scene, entry)
    assert scene.sent() == expected
    assert service.calls[0].body == b""


async def test_a_rename_is_a_form(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await scene.provider.move(entry, ROOT, "me.png")
    assert scene.sent() == f"PUT /api/files/{FILE}/rename"
    boundary = service.calls[0].request.headers["content-type"].partition("boundary=")[2]
    assert (
        service.calls[0].body
        == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="newName"\r\n\r\n'
            f"me.png\r\n--{boundary}--\r\n"
        ).encode()
    )


async def test_an_upload_is_the_form_of_the_example(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.upload(EntryId(FOLDER), "caption.txt", BytesContent(b"hello"))
    assert scene.sent() == f"POST /api/files?folderHash={FOLDER}"
    boundary = service.calls[0].request.headers["content-type"].partition("boundary=")[2]
    assert (
        service.calls[0].body
        == (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="file"; filename="caption.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\nhello\r\n--{boundary}--\r\n"
        ).encode()
    )
    assert service.calls[0].request.headers["content-length"] == str(len(service.calls[0].body))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("photo.png", b"image/png"),
        ("caption.TXT", b"text/plain"),
        ("a.tar.gz", b"application/octet-stream"),
        ("README", b"application/octet-stream"),
    ],
)
async def test_a_file_is_sent_with_its_type(service: FakePodspace, name: str, kind: bytes):
    provider = service.provider()
    await provider.upload(ROOT, name, BytesContent(b"x"))
    assert b"\r\nContent-Type: " + kind + b"\r\n\r\nx\r\n" in service.calls[0].body


async def test_a_persian_name_is_raw_in_the_form(service: FakePodspace):
    scene = Scene(service)
    entry = await scene.provider.upload(ROOT, "نامه.txt", BytesContent(b"x"))
    assert 'filename="نامه.txt"\r\n'.encode() in service.calls[0].body
    assert entry.name == "نامه.txt"


async def test_a_replacement_is_a_form_for_the_file(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await scene.provider.upload(ROOT, "photo.png", BytesContent(b"new"), replacing=entry)
    assert scene.sent() == f"PUT /api/files/{FILE}"
    assert service.calls[0].form == {"file": ("photo.png", b"new")}


async def test_a_resumable_upload_goes_by_the_example(service: FakePodspace):
    scene = Scene(service)
    data = b"7" * 7340032
    await scene.provider.upload(EntryId(FOLDER), "big.bin", BytesContent(data))
    check, create, first, second, info = service.calls
    assert check.path == f"/api/folders/{FOLDER}/check/upload?size=7340032"
    assert (create.method, create.path) == ("POST", "/api/files/resumable_upload")
    assert create.request.headers["tus-resumable"] == "1.0.0"
    assert create.request.headers["upload-length"] == "7340032"
    assert create.request.headers["upload-metadata"] == (
        "fileFullName YmlnLmJpbg==,isPublic ZmFsc2U=,folderHash UktCWUlHTVBXMlpJRFFMSQ=="
    )
    assert create.body == b""
    for call, offset, length in [(first, 0, 5242880), (second, 5242880, 2097152)]:
        headers = call.request.headers
        assert (call.method, call.path) == ("PATCH", "/api/files/resumable_upload/u-0")
        assert headers["tus-resumable"] == "1.0.0"
        assert headers["upload-offset"] == str(offset)
        assert headers["content-type"] == "application/offset+octet-stream"
        assert headers["content-length"] == str(length) == str(len(call.body))
        assert headers["authorization"] == "Bearer 9c1e"
    assert info.path == "/api/files/uploaded_file_info/u-0"


async def test_the_root_is_left_out_of_what_a_resumable_upload_is_told(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.upload(ROOT, "big.bin", BytesContent(b"7" * 6_000_000))
    (create,) = service.of("file.tus_create")
    assert create.request.headers["upload-metadata"] == (
        "fileFullName YmlnLmJpbg==,isPublic ZmFsc2U="
    )


async def test_a_resumable_replacement_names_the_file(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await scene.provider.upload(ROOT, "photo.png", BytesContent(b"7" * 6_000_000), replacing=entry)
    (create,) = service.of("file.tus_replace")
    assert create.path == "/api/files/resumable_replace"
    assert create.request.headers["upload-metadata"] == (
        "fileFullName cGhvdG8ucG5n,isPublic ZmFsc2U=,hash VUpNVUlUNE0xOTRDNVdMSg=="
    )


async def test_a_range_is_asked_for_as_in_the_example(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await content(scene.provider, entry)
    get, stat = service.calls
    assert (get.method, get.path) == ("GET", f"/api/files/{FILE}")
    assert get.request.headers["range"] == "bytes=0-1999"
    assert get.request.headers["authorization"] == "Bearer 9c1e"
    assert stat.path == f"/api/files/{FILE}/detail"


async def test_a_copy_goes_by_the_example(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await scene.provider.copy(entry, EntryId(OTHER), "photo.png")
    (call,) = service.of("entry.copy")
    assert f"{call.method} {call.path}" == f"PUT /api/files/{FILE}/copy?destFolderHash={OTHER}"


async def test_a_batch_is_that_of_the_example(service: FakePodspace):
    scene = Scene(service)
    service.called(service.add_file("/b", b"b"), "B000000000000001")
    await scene.provider.open()
    entries = [await scene.entry(FILE), await scene.entry("B000000000000001")]
    await scene.provider.remove_many(entries)
    (call,) = service.of("batch")
    assert (call.method, call.path) == ("POST", "/api/batch")
    assert call.body.startswith(
        b'{"operations":[{"url":"/files/UJMUIT4M194C5WLJ","method":"DELETE","params":{},'
        b'"silent":false,"payload":"UJMUIT4M194C5WLJ","headers":{"Authorization":"Bearer 9c1e"}},'
    )
    assert len(json.loads(call.body)["operations"]) == 2


async def test_restoring_and_wiping_go_by_the_examples(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await scene.provider.remove(entry)
    (items,) = [page async for page in scene.provider.trash.items()]
    service.calls.clear()
    await scene.provider.trash.restore(items[0])
    assert scene.sent() == f"PUT /api/trashes/{FILE}/restore"
    assert service.calls[0].request.headers["content-length"] == "0"
    await scene.provider.remove(entry)
    service.calls.clear()
    await scene.provider.trash.purge(items)
    assert scene.sent() == f"DELETE /api/trashes/{FILE}"


async def test_a_version_is_restored_by_its_own_hash(service: FakePodspace):
    scene = Scene(service)
    node = service.nodes[FILE]
    service.write(node, b"two")
    old = node.contents[0][0]
    await scene.provider.open()
    entry = await scene.entry(FILE)
    await scene.provider.versions.restore(entry, Version("0"))
    (call,) = service.of("version.restore")
    assert f"{call.method} {call.path}" == f"PATCH /api/files/versions/{old}"


async def test_a_password_is_a_form(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entry = await scene.entry(FOLDER)
    share = await scene.provider.sharing.create(entry, password="Secret#12")
    (call,) = service.of("share.password")
    assert (call.method, call.path) == ("PUT", f"/api/files/{FOLDER}/shares/password")
    assert call.form == {"password": (None, b"Secret#12")}
    service.calls.clear()
    await scene.provider.sharing.remove(share)
    assert scene.sent() == f"DELETE /api/shares/{share.id}"


async def test_work_of_the_service_goes_by_the_examples(service: FakePodspace):
    scene = Scene(service)
    await scene.provider.open()
    entries = [await scene.entry(FILE), await scene.entry(FOLDER)]
    await scene.provider.fetching.fetch_url("https://example.org/a.pdf", ROOT, "a.pdf")
    archive = await scene.provider.archives.pack(entries, ROOT, "x.zip")
    await scene.provider.archives.unpack(archive, ROOT)
    assert [f"{call.method} {call.path}" for call in service.calls if call.method == "POST"] == [
        "POST /api/files/url?url=https%3A%2F%2Fexample.org%2Fa.pdf&filename=a.pdf&folderHash=ROOT",
        f"POST /api/files/archive?hashes={FILE},{FOLDER}&name=x.zip&destFolderHash=ROOT",
        f"POST /api/files/{archive.id}/extract?destFolderHash=ROOT",
    ]


async def test_a_business_key_goes_with_small_uploads(service: FakePodspace):
    scene = Scene(service, upload_key="k/1")
    await scene.provider.upload(EntryId(FOLDER), "a", BytesContent(b"a"))
    assert scene.sent() == f"POST /api/files?folderHash={FOLDER}&upload_key=k%2F1"
