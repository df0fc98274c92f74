import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    ConfigError,
    LoginFailed,
    Unavailable,
    Unreachable,
    Unsupported,
)
from cloudfs.http.client import Http
from cloudfs.providers.base import Verb
from cloudfs.providers.webdav.provider import WebDavProvider
from cloudfs.providers.webdav.server import PROFILES, Server, recognised
from cloudfs.providers.webdav.settings import WebDavSettings
from tests.providers.webdav.scripted import (
    GONE,
    URL,
    Answer,
    Scripted,
    Transport,
    bare,
    file,
    folder,
    multistatus,
    status,
)

EVERYTHING = frozenset(Verb)
CREATE, REPLACE = frozenset({Verb.CREATE}), frozenset({Verb.REPLACE})

APACHE = {"Server": "Apache/2.4.71 (Debian)", "DAV": "1,2, <http://apache.org/dav/propset/fs/1>"}
WSGIDAV = {"Server": "WsgiDAV/4.4.0 Cheroot/11.1.2 Python/3.11", "DAV": "1,2"}
NGINX = {"Server": "nginx/1.22.1", "DAV": "2"}
RCLONE = {"Server": "rclone/v1.75.2", "DAV": "1, 2"}


@pytest.mark.parametrize(
    ("headers", "profile"),
    [
        (APACHE, "apache"),
        (WSGIDAV, "wsgidav"),
        (NGINX, "nginx"),
        (RCLONE, "rclone"),
        ({"Server": "nginx", "DAV": "1,2"}, ""),  # a proxy in front of something else
        ({"Server": "Apache/2.4", "DAV": "1, 3, extended-mkcol"}, ""),
        ({"Server": "Cheroot/11.1.2", "DAV": "1,2"}, ""),
        ({}, ""),
    ],
)
def test_a_server_is_recognised_by_its_headers(headers: dict[str, str], profile: str):
    assert recognised(httpx.Headers(headers)) == profile
    assert profile in PROFILES


def client(
    server: Scripted, notes: dict[str, str] | None = None, **settings: object
) -> WebDavProvider:
    return WebDavProvider(
        WebDavSettings(url=URL, **settings),  # type: ignore[arg-type]
        http=Http(transport=Transport(server)),
        notes={} if notes is None else notes,
    )


QUOTA = folder("/dav/").replace("<d:prop>", "<d:prop><d:quota-used-bytes>5</d:quota-used-bytes>", 1)


def answering(headers: dict[str, str], root: str = folder("/dav/")) -> Scripted:
    options = httpx.Response(200, headers=headers)
    return Scripted({"OPTIONS /dav/": options, "PROPFIND /dav/": multistatus(root)})


@pytest.mark.parametrize(
    ("headers", "settings", "conditional", "step"),
    [
        (APACHE, {}, EVERYTHING, None),
        (WSGIDAV, {}, EVERYTHING - REPLACE, None),
        (WSGIDAV, {"atomic_put": False}, EVERYTHING, None),
        (NGINX, {}, CREATE, 1_000_000_000),
        (RCLONE, {}, CREATE, 1_000_000_000),
        (RCLONE, {"atomic_put": False}, frozenset(), 1_000_000_000),
        (RCLONE, {"locks": True}, CREATE | REPLACE | {Verb.REMOVE}, 1_000_000_000),
        ({**RCLONE, "Server": "rclone/v1.60.1"}, {}, CREATE, None),
        ({"Server": "unheard-of"}, {}, CREATE, None),
        ({"Server": "unheard-of"}, {"locks": True}, CREATE, None),  # not of class 2
    ],
)
async def test_what_a_server_can_do_is_known_after_open(
    headers: dict[str, str],
    settings: dict[str, bool],
    conditional: frozenset[Verb],
    step: int | None,
):
    account = client(answering(headers), **settings)
    await account.open()
    assert account.capabilities.conditional == conditional
    assert account.capabilities.modified_step_ns == step
    assert not account.capabilities.set_modified
    assert not account.capabilities.listing_tags
    assert account.capabilities.checksum is None
    assert account.trash is account.versions is account.changes is None


async def test_nothing_is_assumed_before_the_server_was_seen():
    account = client(Scripted())
    assert not account.capabilities.quota
    assert account.capabilities.conditional == CREATE  # by a MOVE, which all refuse
    assert account.trash is None


async def test_the_finding_is_remembered_for_a_start_without_the_server():
    notes: dict[str, str] = {}
    await client(answering(APACHE, QUOTA), notes).open()
    offline = Scripted({"OPTIONS /dav/": httpx.ConnectError("no route")})
    account = client(offline, notes)
    assert account.capabilities.conditional == EVERYTHING
    assert account.capabilities.quota


async def test_a_failed_start_leaves_what_is_known(autojump_clock):
    notes: dict[str, str] = {}
    await client(answering(APACHE), notes).open()
    account = client(Scripted({"OPTIONS /dav/": httpx.ConnectError("no route")}), notes)
    with pytest.raises(Unreachable):
        await account.open()
    assert account.capabilities.conditional == EVERYTHING


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "x"}', '{"account": 5}', "null"])
def test_notes_that_cannot_be_understood_are_no_harm(text: str):
    assert Server(URL, {"server": text}).found.profile == ""


def test_notes_about_another_url_are_not_believed():
    notes: dict[str, str] = {}
    Server("https://other.example/", notes).learn(profile="apache", quota=True)
    assert Server(URL, notes).found.profile == ""
    assert Server("https://other.example/", notes).found.profile == "apache"


@pytest.mark.parametrize(
    "answers",
    [
        {"PROPFIND /dav/": GONE},
        {"PROPFIND /dav/": status(405)},
        {"PROPFIND /dav/": status(501)},
        {"PROPFIND /dav/": httpx.Response(200, html="<p>Hello</p>")},
        {"PROPFIND /dav/": multistatus(file("/dav"))},
        {"PROPFIND /dav/": multistatus(folder("/else/"))},
        {"PROPFIND /dav/": status(301, Location="https://new.example/dav/")},
        {"OPTIONS /dav/": status(302, Location="/login")},
    ],
)
async def test_an_address_that_cannot_be_right_is_told(answers: dict[str, Answer]):
    server = answering({})
    for key, answer in answers.items():
        server.on(key, answer)
    with pytest.raises(ConfigError, match="url"):
        await client(server).open()


async def test_a_server_that_cannot_be_asked_for_single_properties_is_accepted():
    async def serve(request: httpx.Request) -> httpx.Response:
        return status(400) if request.content else multistatus(folder("/dav/"))

    server = answering(APACHE)
    server.on("PROPFIND /dav/", serve)
    account = client(server)
    await account.open()
    await account.root()
    assert server.requests[-1].content == b""


async def test_a_collection_that_may_not_be_seen_is_no_wrong_address():
    with pytest.raises(AccessDenied):
        await client(answering({}, bare("/dav/", "403 Forbidden"))).open()


async def test_a_refused_login_is_no_wrong_address():
    server = answering({})
    server.on("OPTIONS /dav/", status(401))
    with pytest.raises(LoginFailed):
        await client(server).open()


async def test_a_server_that_fails_now_is_no_wrong_address(autojump_clock):
    server = answering({})
    server.on("PROPFIND /dav/", status(500))
    with pytest.raises(Unavailable):
        await client(server).open()


async def test_plain_http_is_refused_where_others_could_listen():
    with pytest.raises(ConfigError, match="https"):
        WebDavProvider(WebDavSettings(url="http://dav.example/"), http=Http(), notes={})


async def test_quota_is_told_where_the_server_tells_it():
    account = client(answering(APACHE))
    await account.open()
    with pytest.raises(Unsupported):
        await account.quota()
    account = client(answering(APACHE, QUOTA))
    await account.open()
    quota = await account.quota()
    assert (quota.total, quota.used, quota.free) == (None, 5, None)
