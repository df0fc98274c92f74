"""Who gets to see what: tokens, cookies, addresses."""

import logging

import httpx
import pytest

from cloudfs import __version__
from cloudfs.errors import BadReply, CloudError, ConfigError
from cloudfs.http.client import Http
from cloudfs.http.retry import Repeat
from tests.http.conftest import HttpOver
from tests.http.scripted import Body, Service, listening

TRUSTED = "https://service.test"
TOKEN = {"Authorization": "Bearer secret-token"}

OTHER_ORIGINS = [
    "https://other.test/x",
    "https://service.test:8443/x",
    "https://service.test.other.test/x",
    "https://other.test/https://service.test/",
]


async def send(http: Http, url: str, method: str = "GET", **how: object) -> httpx.Headers:
    reply = await http.request(method, url, label="x", repeat=Repeat.SAFELY, **how)  # type: ignore[arg-type]  # passed on as they are
    return httpx.Headers(reply.headers)


async def stream(http: Http, url: str, **how: object) -> None:
    async with http.stream("GET", url, label="x", **how):  # type: ignore[arg-type]  # passed on as they are
        pass


async def test_the_accounts_own_servers_get_the_credentials(http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    http.trust(f"{TRUSTED}/api")
    http.trust("https://content.test")
    for url in (f"{TRUSTED}/x", f"{TRUSTED}:443/y?z", "https://content.test/x"):
        await send(http, url, credentials=TOKEN)
        assert service.last.headers["authorization"] == TOKEN["Authorization"]
        await stream(http, url, credentials=TOKEN)
        assert service.last.headers["authorization"] == TOKEN["Authorization"]


@pytest.mark.parametrize("url", OTHER_ORIGINS)
async def test_others_get_no_credentials(url: str, http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    http.trust(TRUSTED)
    await send(http, url, credentials=TOKEN)
    await stream(http, url, credentials=TOKEN)
    assert [r.headers.get("authorization") for r in service.requests] == [None, None]


async def test_a_way_to_sign_requests_is_used_for_the_accounts_own_servers_only(
    http_over: HttpOver,
):
    service = Service(200)
    http = http_over(service)
    http.trust(TRUSTED)
    auth = httpx.BasicAuth("alice", "pw")
    await send(http, f"{TRUSTED}/x", auth=auth)
    await stream(http, f"{TRUSTED}/x", auth=auth)
    await send(http, "https://other.test/x", auth=auth)
    await stream(http, "https://other.test/x", auth=auth)
    assert ["authorization" in r.headers for r in service.requests] == [True, True, False, False]


async def test_nothing_is_trusted_by_itself(http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    assert not http.trusts(TRUSTED)
    await send(http, TRUSTED, credentials=TOKEN)
    assert "authorization" not in service.last.headers


async def test_an_address_that_makes_no_sense_is_not_trusted(http_over: HttpOver):
    http = http_over(Service(200))
    with pytest.raises(ConfigError):
        http.trust("https://service.test:99999/")
    assert not http.trusts("https://service.test:99999/")
    assert not http.trusts("https://[::1/")


async def test_a_redirect_is_an_answer_and_not_followed(http_over: HttpOver):
    service = Service(
        lambda _: httpx.Response(302, headers={"Location": "https://other.test/elsewhere"})
    )
    http = http_over(service)
    http.trust(TRUSTED)
    for method in ("GET", "POST", "PROPFIND"):
        headers = await send(http, f"{TRUSTED}/x", method, credentials=TOKEN)
        assert headers["location"] == "https://other.test/elsewhere"
    assert {r.url.host for r in service.requests} == {"service.test"}
    assert len(service.requests) == 3


async def test_no_cookie_is_kept(http_over: HttpOver):
    service = Service(
        lambda _: httpx.Response(200, headers={"Set-Cookie": "session=1; Path=/; Secure"})
    )
    http = http_over(service)
    http.trust(TRUSTED)
    for _ in range(2):
        await send(http, f"{TRUSTED}/x")
        await stream(http, f"{TRUSTED}/x")
    assert [r for r in service.requests if "cookie" in r.headers] == []


async def test_plain_http_is_not_spoken_to_others(http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    with pytest.raises(ConfigError, match="allow_insecure"):
        http.trust("http://service.test")
    with pytest.raises(BadReply, match="plain http to service"):
        await send(http, "http://service.test/x")
    with pytest.raises(BadReply):
        await stream(http, "http://service.test/x")
    assert service.requests == []


async def test_plain_http_is_spoken_to_this_machine(http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    http.trust("http://127.0.0.1:8000")
    await send(http, "http://127.0.0.1:8000/x", credentials=TOKEN)
    assert "authorization" in service.last.headers


async def test_plain_http_is_spoken_where_the_configuration_allows_it():
    service = Service(200)
    http = Http(transport=service, allow_insecure=True)
    http.trust("http://service.test")
    await send(http, "http://service.test/x", credentials=TOKEN)
    assert "authorization" in service.last.headers
    await http.aclose()


@pytest.mark.parametrize(
    "url", ["ftp://service.test/x", "https://service.test:99999/", "https://[::1/", "/x", ""]
)
async def test_what_is_no_web_address_is_an_error_of_the_service(url: str, http_over: HttpOver):
    service = Service(200)
    http = http_over(service)
    with pytest.raises(BadReply):
        await send(http, url)
    with pytest.raises(BadReply):
        await stream(http, url)
    assert service.requests == []


async def test_services_are_told_who_asks(http_over: HttpOver):
    service = Service(200)
    await send(http_over(service), TRUSTED)
    assert service.last.headers["user-agent"] == f"cloudfs/{__version__}"


# What is written down ---------------------------------------------------------------------------

SECRETS = ("secret-path", "secret-query", "secret-token", "secret-piece")


def told(error: BaseException | None) -> str:
    """All that a traceback of *error* would show of messages."""
    text = ""
    while error is not None:
        text += f"{type(error).__name__}: {error}\n"
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize(
    "answer",
    [
        200,
        404,
        503,
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("nonsense"),
        lambda _: httpx.Response(302, headers={"Location": "https://x.test/secret-path"}),
        lambda _: httpx.Response(200, stream=Body(b"x", failure=httpx.ReadError("cut"))),
        lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(b"x")),
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        "https://service.test/secret-path?sig=secret-query",
        "http://service.test/secret-path?sig=secret-query",
        "ftp://service.test/secret-path?sig=secret-query",
        "https://service.test:x/secret-path?sig=secret-query",
        "https://service.test/secret-path\x01?sig=secret-query",
    ],
)
async def test_the_label_is_logged_and_never_an_address(
    answer: int | Exception, url: str, http_over: HttpOver, caplog, autojump_clock
):
    caplog.set_level(logging.DEBUG)
    http = http_over(Service(answer))
    http.trust(TRUSTED)
    errors = ""
    for ask in (send, stream):
        try:
            await ask(http, url, credentials=TOKEN)
        except CloudError as error:
            errors += told(error)
    assert not [secret for secret in SECRETS if secret in caplog.text + errors]
    if url.startswith("https://service.test/secret-path?"):
        assert "x: GET https://service.test:443" in caplog.text


async def test_the_library_below_logs_no_address_either(http_over: HttpOver, caplog):
    async def react(stream, head: bytes) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    caplog.set_level(logging.DEBUG)
    http = http_over()
    async with listening(react) as listener:
        http.trust(listener.url)
        await send(http, f"{listener.url}/secret-path?sig=secret-query", credentials=TOKEN)
        assert "/secret-path?sig=secret-query" in listener.heads[0]
    assert not [secret for secret in SECRETS if secret in caplog.text]
