import hashlib
import re

import httpx
import pytest

from cloudfs.errors import ConfigError, LoginFailed
from cloudfs.providers.webdav.auth import credentials_from
from cloudfs.providers.webdav.paths import ROOT
from cloudfs.providers.webdav.settings import WebDavSettings
from tests.providers.webdav.scripted import (
    Scripted,
    entry,
    file,
    folder,
    multistatus,
    provider,
    status,
)
from tests.support import BytesContent, fetched

ROOT_ANSWER = multistatus(folder("/dav/"))


async def sent_credentials(**settings: object) -> str | None:
    server = Scripted({"PROPFIND /dav/": ROOT_ANSWER})
    await provider(server, **settings).root()
    value = server.requests[0].headers.get("Authorization")
    return None if value is None else str(value)


async def test_credentials_are_sent_without_being_asked_for():
    assert await sent_credentials() is None
    assert await sent_credentials(username="ä", password="b") == "Basic w6Q6Yg=="
    assert await sent_credentials(token="t0k") == "Bearer t0k"
    assert await sent_credentials(username="u", token="t0k") == "Bearer t0k"
    assert await sent_credentials(username="u", token="t0k", auth="basic") == "Basic dTo="


@pytest.mark.parametrize(
    "settings", [{"auth": "bearer"}, {"auth": "basic"}, {"auth": "digest", "token": "t"}]
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, str]):
    with pytest.raises(ConfigError, match="set "):
        credentials_from(WebDavSettings(url="https://h/", **settings))


def test_secrets_are_not_shown():
    settings = WebDavSettings(url="https://h/", username="u", password="hush", token="hush")
    assert "hush" not in repr(settings)
    assert "hush" not in repr(credentials_from(settings))


async def test_a_refused_login_is_told_apart_from_a_refused_request():
    server = Scripted({"PROPFIND /dav/": status(401)})
    with pytest.raises(LoginFailed):
        await provider(server, username="u", password="p").root()
    assert len(server.requests) == 1


async def test_credentials_do_not_follow_a_download_to_another_host():
    elsewhere: list[httpx.Request] = []

    async def serve(request: httpx.Request) -> httpx.Response:
        if request.url.host == "dav.example":
            return httpx.Response(302, headers={"Location": "https://store.example/x?sig=1"})
        elsewhere.append(request)
        return httpx.Response(
            206,
            headers={"Content-Range": "bytes 0-2/3", "ETag": '"of the store"'},
            stream=httpx.ByteStream(b"abc"),
        )

    account = provider(serve, profile="wsgidav", username="u", password="p")
    link = await account.download_link(entry("/a"))
    assert await fetched(account, link, 0, 3) == b"abc"
    (request,) = elsewhere
    assert "Authorization" not in request.headers
    assert "If-Match" not in request.headers


class DigestServer:
    """A server that takes Digest, with a nonce that is good for some requests only."""

    def __init__(self, *, uses: int = 1000, challenge: str = "") -> None:
        self.uses = uses
        self.left = 0
        self.number = 0
        self.challenge = challenge
        self.bodies: list[bytes] = []
        self.refused = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        # Not by `aread`, which would leave the request with a body that can be sent again.
        assert isinstance(request.stream, httpx.AsyncByteStream)
        body = b"".join([piece async for piece in request.stream])
        if not self.accepts(request):
            self.refused += 1
            self.number, self.left = self.number + 1, self.uses
            challenge = self.challenge or (
                f'Digest realm="r", nonce="n{self.number}", qop="auth", algorithm=SHA-256'
            )
            return httpx.Response(401, headers={"WWW-Authenticate": challenge})
        self.left -= 1
        if request.method == "PUT":
            self.bodies.append(body)
            return httpx.Response(201)
        if request.method == "GET":
            return httpx.Response(
                206,
                headers={"Content-Range": "bytes 0-2/3"},
                stream=httpx.ByteStream(b"abc"),
            )
        path = request.url.path
        return multistatus(folder("/dav/") if path == "/dav/" else file(path, size=3))

    def accepts(self, request: httpx.Request) -> bool:
        given = request.headers.get("Authorization", "")
        parts = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
        if parts.get("nonce") != f"n{self.number}" or not self.left:
            return False

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        ha1, ha2 = digest("u:r:p"), digest(f"{request.method}:{parts['uri']}")
        known = f"{parts['nonce']}:{parts['nc']}:{parts['cnonce']}:auth"
        return parts["response"] == digest(f"{ha1}:{known}:{ha2}")


async def test_digest_learns_the_challenge_once():
    server = DigestServer()
    account = provider(server, username="u", password="p", auth="digest")
    for _ in range(3):
        assert (await account.stat(ROOT)).is_folder
    assert server.refused == 1


async def test_digest_sends_a_streamed_body_again_when_the_challenge_changes():
    server = DigestServer(uses=1)
    account = provider(server, profile="apache", username="u", password="p", auth="digest")
    await account.stat(ROOT)
    stored = await account.upload(ROOT, "a", BytesContent(b"abc"))
    assert server.bodies == [b"abc"]
    assert stored.size == 3


async def test_digest_is_answered_while_downloading_too():
    server = DigestServer(uses=1)
    account = provider(server, profile="apache", username="u", password="p", auth="digest")
    link = await account.download_link(entry("/a"))
    for _ in range(2):
        assert await fetched(account, link, 0, 3) == b"abc"


async def test_a_wrong_digest_password_is_refused_after_one_try():
    server = DigestServer()
    account = provider(server, profile="apache", username="u", password="wrong", auth="digest")
    with pytest.raises(LoginFailed):
        await account.upload(ROOT, "a", BytesContent(b"abc"))
    assert server.refused == 2
    assert server.bodies == []


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="r", nonce="n", algorithm=UNKNOWN',
        'Digest realm="r", nonce="n", qop="auth-int"',
        "Digest nonsense",
        'Digest realm="r"',
        'Basic realm="r"',
    ],
)
async def test_a_challenge_that_cannot_be_answered_is_a_refused_login(challenge: str):
    server = DigestServer(challenge=challenge)
    account = provider(server, username="u", password="p", auth="digest")
    for _ in range(2):
        with pytest.raises(LoginFailed):
            await account.stat(ROOT)
