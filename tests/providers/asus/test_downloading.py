"""Reading (reference 3.6): links, ranges, what is an error and never data."""

import httpx
import pytest
import trio

from cloudfs.errors import (
    BadReply,
    Changed,
    CloudError,
    ConnectionLost,
    InvalidRequest,
    IsAFolder,
    LinkExpired,
    LoginFailed,
    NotFound,
    TransientError,
)
from cloudfs.model import DownloadLink, Entry, EntryId
from cloudfs.providers.asus.downloads import BELIEVED
from cloudfs.providers.asus.provider import AsusProvider
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.speech import WEB, streamed
from tests.providers.asus.tree import BIN, SYNC_FOLDER
from tests.support import fetched, listing

TOP = EntryId(f"d{SYNC_FOLDER}")
DATA = b"0123456789"


class Reading:
    """A file of ten bytes, and a link to it."""

    def __init__(self, service: FakeAsus, **settings: object) -> None:
        self.service = service
        self.node = service.add_file("/file", DATA)
        self.provider: AsusProvider = service.provider(**settings)

    async def prepare(self) -> "Reading":
        self.entry = await self.provider.stat(EntryId(f"f{self.node.number}"))
        self.link = await self.provider.download_link(self.entry)
        self.service.calls.clear()
        return self

    async def part(self, start: int, stop: int) -> bytes:
        return await fetched(self.provider, self.link, start, stop)


async def test_a_part_is_asked_for_as_the_reference_says(service: FakeAsus):
    reading = await Reading(service).prepare()
    assert await reading.part(1, 4) == b"123"
    (call,) = service.calls
    token = call.token.replace("/", "%2F").replace("+", "%2B")
    assert call.request.method == "GET"
    assert str(call.request.url) == (
        f"https://{WEB}/webrelay/directdownload/{token}/?dis=10000001&fi=5001&pv=0"
    )
    assert call.request.headers["range"] == "bytes=1-3"
    assert "sid=10000001;" in call.request.headers["cookie"]
    assert "authorization" not in call.request.headers


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 10), (9, 10), (4, 7)])
async def test_any_part_can_be_read(service: FakeAsus, start: int, stop: int):
    reading = await Reading(service).prepare()
    assert await reading.part(start, stop) == DATA[start:stop]


async def test_a_link_keeps_its_secret(service: FakeAsus):
    reading = await Reading(service).prepare()
    assert "t/+" not in repr(reading.link)
    assert "directdownload" not in repr(reading.link)
    assert (reading.link.version, reading.link.size) == (reading.entry.version, 10)


async def test_a_link_is_believed_for_a_short_time_only(service: FakeAsus, autojump_clock: object):
    reading = await Reading(service).prepare()
    assert reading.link.expires_at == trio.current_time() + BELIEVED


async def test_a_link_is_to_what_the_file_holds_now(service: FakeAsus):
    reading = await Reading(service).prepare()
    service.write(reading.node, b"other content", "")
    link = await reading.provider.download_link(reading.entry)
    assert (link.version, link.size) == ("2", 13)


async def test_there_is_no_link_to_a_folder_or_to_what_is_gone(service: FakeAsus):
    reading = await Reading(service).prepare()
    folder = service.add_folder("/folder")
    entry = await reading.provider.stat(EntryId(f"d{folder.number}"))
    with pytest.raises(IsAFolder):
        await reading.provider.download_link(entry)
    reading.node.parent = BIN
    with pytest.raises(NotFound):
        await reading.provider.download_link(reading.entry)


# Answers to a range -----------------------------------------------------------------------------


async def test_a_whole_file_of_the_right_length_will_do(service: FakeAsus):
    reading = await Reading(service).prepare()
    service.fail("read", streamed(200, DATA))
    assert await reading.part(3, 6) == b"345"


async def test_a_file_may_itself_look_like_an_error(service: FakeAsus):
    document = b"<directdownload><status>219</status></directdownload>"
    node = service.add_file("/xml", document)
    provider = service.provider()
    link = await provider.download_link(await provider.stat(EntryId(f"f{node.number}")))
    assert await fetched(provider, link, 0, len(document)) == document
    service.fail("read", streamed(200, document, {"Content-Type": "text/xml"}))
    assert await fetched(provider, link, 0, len(document)) == document


def partial(data: bytes, said: str) -> httpx.Response:
    return httpx.Response(206, content=data, headers={"Content-Range": f"bytes {said}"})


def document(status: int, said: int) -> httpx.Response:
    return httpx.Response(status, text=f"<a><status>{said}</status></a>")


ERRORS: dict[str, tuple[httpx.Response, type[CloudError]]] = {
    "gone": (document(404, 219), Changed),
    "gone, with 200": (document(200, 219), Changed),
    "a bad value": (document(400, 225), InvalidRequest),
    "a link that is not known": (httpx.Response(404), LinkExpired),
    "another length": (httpx.Response(200, content=b"0123456789ab"), Changed),
    "a page": (httpx.Response(200, text="<html><body>We are moving</body></html>"), Changed),
    "another total": (partial(b"123", "1-3/11"), Changed),
    "another start": (partial(b"23", "2-3/10"), BadReply),
    "no start": (httpx.Response(206, content=b"123"), BadReply),
    "past the end": (httpx.Response(416), Changed),
    "too short": (partial(b"12", "1-3/10"), ConnectionLost),
    "too busy": (httpx.Response(503), TransientError),
    "broken": (httpx.Response(500, text="oops"), TransientError),
    "broken, with a status": (document(500, 999), TransientError),
    "a general error with 200": (document(200, 999), TransientError),
    "success that is no data": (document(200, 0), CloudError),
}


@pytest.mark.parametrize(("answer", "error"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_is_never_taken_for_data(
    service: FakeAsus, answer: httpx.Response, error: type[CloudError]
):
    reading = await Reading(service).prepare()
    service.fail("read", answer)
    with pytest.raises(error):
        await reading.part(1, 4)


async def test_an_answer_without_a_length_is_not_trusted(service: FakeAsus):
    reading = await Reading(service).prepare()
    service.fail("read", streamed(200, b"<html>sorry, not now</html>", sized=False))
    with pytest.raises(BadReply):
        await reading.part(1, 4)
    service.fail("read", streamed(200, b"<a><status>219</status></a>", sized=False))
    with pytest.raises(Changed):
        await reading.part(1, 4)


async def test_a_replaced_file_of_another_size_is_noticed(service: FakeAsus):
    reading = await Reading(service).prepare()
    service.write(reading.node, b"0123456789abc", "")
    with pytest.raises(Changed):
        await reading.part(1, 4)


# Tokens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, text="Validate token fail, Error Code:2"),
        httpx.Response(500, text="Validate token fail, Error Code:2"),
        httpx.Response(200, text="<directdownload><status>2</status></directdownload>"),
        httpx.Response(403),
    ],
)
async def test_a_token_that_ended_makes_the_link_a_stale_one(
    service: FakeAsus, answer: httpx.Response
):
    reading = await Reading(service).prepare()
    service.fail("read", answer)
    with pytest.raises(LinkExpired):
        await reading.part(1, 4)
    reading.link = await reading.provider.download_link(reading.entry)
    assert await reading.part(1, 4) == b"123"
    assert len(service.of("member/acquiretoken")) == 1


async def test_many_readers_of_a_stale_link_sign_in_once(service: FakeAsus):
    reading = await Reading(service).prepare()
    service.revoke()
    failures = []

    async def read() -> None:
        try:
            await reading.part(1, 4)
        except LinkExpired as error:
            failures.append(error)

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(read)
    assert len(failures) == 8
    assert len(service.of("member/acquiretoken")) == 1


async def test_a_password_that_was_changed_meanwhile_is_reported(service: FakeAsus):
    reading = await Reading(service).prepare()
    service.revoke()
    service.password = "another one"
    with pytest.raises(LoginFailed):
        await reading.part(1, 4)


# Redirects --------------------------------------------------------------------------------------


async def test_a_redirect_on_the_same_server_is_followed(service: FakeAsus):
    reading = await Reading(service).prepare()
    where = reading.link.url.replace("&pv=0", "&pv=0&moved=1")
    service.fail("read", httpx.Response(302, headers={"Location": where}))
    assert await reading.part(1, 4) == b"123"
    assert [call.query.get("moved") for call in service.of("read")] == [None, "1"]


@pytest.mark.parametrize(
    "where",
    ["https://elsewhere.test/x", f"http://{WEB}/x", "//elsewhere.test/x", f"https://{WEB}:99/x"],
)
async def test_a_redirect_to_anywhere_else_is_not(service: FakeAsus, where: str):
    reading = await Reading(service).prepare()
    service.fail("read", httpx.Response(302, headers={"Location": where}))
    with pytest.raises(BadReply):
        await reading.part(1, 4)
    assert len(service.calls) == 1


async def test_redirects_come_to_an_end(service: FakeAsus):
    reading = await Reading(service).prepare()
    for _ in range(9):
        service.fail("read", httpx.Response(302, headers={"Location": reading.link.url}))
    with pytest.raises(BadReply):
        await reading.part(1, 4)
    assert len(service.calls) < 6


# Many at once -----------------------------------------------------------------------------------


async def test_links_to_the_files_of_a_folder_cost_one_listing(service: FakeAsus):
    for number in range(5):
        service.add_file(f"/file {number}", b"x" * number)
    folder = service.add_folder("/folder")
    provider = service.provider()
    entries = [e for e in (await listing(provider, TOP)).values() if not e.is_folder]
    gone = service.add_file("/gone")
    lost = await provider.stat(EntryId(f"f{gone.number}"))
    gone.parent = BIN
    service.calls.clear()
    found = await provider.download_links([*entries, lost])
    assert service.routes() == ["inforelay/browsefolder", "fsentry/getentryinfo"]
    assert isinstance(found[-1], NotFound)
    for entry, link in zip(entries, found, strict=False):
        assert isinstance(link, DownloadLink)
        assert (link.version, link.size) == (entry.version, entry.size)
        if entry.size:
            assert await fetched(provider, link, 0, entry.size) == b"x" * entry.size
    place = await provider.stat(EntryId(f"d{folder.number}"))
    (failure,) = await provider.download_links([place])
    assert isinstance(failure, IsAFolder)


async def test_links_from_several_folders_come_in_order(service: FakeAsus):
    service.add_folder("/a")
    nodes = [service.add_file(path, path.encode()) for path in ("/one", "/a/two", "/three")]
    provider = service.provider()
    entries: list[Entry] = [await provider.stat(EntryId(f"f{n.number}")) for n in nodes]
    found = await provider.download_links(entries)
    for node, link in zip(nodes, found, strict=True):
        assert isinstance(link, DownloadLink)
        assert f"fi={node.number}&" in link.url


async def test_a_folder_that_is_gone_is_no_obstacle_to_links(service: FakeAsus):
    folder = service.add_folder("/folder")
    nodes = [service.add_file(f"/folder/{name}", b"x") for name in "ab"]
    provider = service.provider()
    entries = [await provider.stat(EntryId(f"f{n.number}")) for n in nodes]
    for node in nodes:
        node.parent = SYNC_FOLDER
    service.drop(folder)
    found = await provider.download_links(entries)
    assert all(isinstance(link, DownloadLink) for link in found)
