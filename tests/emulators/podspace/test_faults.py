"""Every kind of fault, in the forms of this service."""

import httpx
import pytest
import trio

from cloudfs.emulators.faults import Kind
from cloudfs.emulators.received import Origin
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import REFRESH, Client, refusal, result


async def test_a_status_is_told_in_the_services_words(api: Client, fault):
    fault(Kind.STATUS, status=503, retry_after=7, route="folder.create", count=1)
    response = await api.send("POST", "folders", name="a")
    body = response.json()
    assert (response.status_code, body["error"]) == (503, "Service Unavailable")
    assert (body["hasError"], "errorCode" in body) == (True, False)
    assert response.headers["Retry-After"] == "7"
    assert await api.names() == []
    await api.folder("a")


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("33", 502, (502, 33)),
        ("TOKEN_NOT_AUTHORIZED", 401, (401, 40)),
        ("999", 500, (500, 999)),
        (None, 429, (429, None)),
        ("SLOW_DOWN", 429, (429, None)),
    ],
)
async def test_a_status_may_have_a_code(api: Client, fault, code, status: int, expected):
    fault(Kind.STATUS, status=status, code=code)
    assert refusal(await api.send("GET", "me")) == expected


async def test_the_second_origin_answers_in_the_same_words(api: Client, running: Running, fault):
    running.emulator.configure(redirect_downloads=True)
    file = (await api.upload("f", b"0123456789"))["hash"]
    url = (await api.send("GET", f"files/{file}")).headers["location"]
    fault(Kind.STATUS, status=503, origin=Origin.STORE, count=1)
    async with Client(running.store_url) as store:
        assert refusal(await store.http.get(url)) == (503, None)
        fault(Kind.EXPIRED_LINK, uses=1)
        assert (await store.http.get(url)).content == b"0123456789"
        expired = await store.http.get(url)
        assert (refusal(expired), expired.json()["error"]) == ((403, 4), "Forbidden")
    fresh = (await api.send("GET", f"files/{file}")).headers["location"]
    assert fresh != url


async def test_an_expired_token_is_refused_and_stays_worthless(
    api: Client, visitor: Client, running: Running, fault
):
    fault(Kind.EXPIRED_TOKEN, uses=2)
    for _ in range(2):
        await api.ok("GET", "me")
    assert await api.refused("GET", "me") == (401, 21)
    running.emulator.faults.clear()
    assert await api.refused("GET", "me") == (401, 21)
    tokens = await visitor.ok("GET", "oauth2/refresh", refreshToken=REFRESH)
    async with Client(running.api_url, tokens["access_token"]) as renewed:
        await renewed.ok("GET", "me")


async def test_a_token_in_the_query_expires_too(api: Client, visitor: Client, fault):
    file = (await api.upload("f", b"x"))["hash"]
    fault(Kind.EXPIRED_TOKEN, route="download")
    assert await visitor.refused("GET", f"files/{file}", Authorization=api.token) == (401, 21)
    assert await api.refused("GET", "me") == (401, 21)


async def test_visitors_have_no_token_to_expire(api: Client, visitor: Client, fault):
    file = (await api.upload("f", b"x"))["hash"]
    await api.ok("POST", f"files/{file}/public")
    fault(Kind.EXPIRED_TOKEN)
    assert await visitor.fetch(file) == b"x"


@pytest.mark.parametrize(("kind", "names"), [(Kind.RESET, []), (Kind.RESET_AFTER, ["a"])])
async def test_a_reset_comes_before_or_after(api: Client, fault, kind: Kind, names: list[str]):
    fault(kind, route="create-folder")
    with pytest.raises(httpx.ReadError):
        await api.send("POST", "folders", name="a")
    assert await api.names() == names


async def test_a_stall_gives_no_answer(api: Client, fault):
    fault(Kind.STALL, route="account", seconds=0.05)
    with pytest.raises(httpx.ReadError):
        await api.send("GET", "me")


async def test_a_body_may_end_half_way(api: Client, fault):
    file = (await api.upload("f", bytes(100_000)))["hash"]
    fault(Kind.HALF_BODY, route="file.get")
    received: list[int] = []
    with pytest.raises(httpx.RemoteProtocolError):
        await _count(api, f"files/{file}", received)
    assert sum(received) == 50_000


async def _count(api: Client, path: str, received: list[int]) -> None:
    async with api.http.stream("GET", path) as response:
        async for piece in response.aiter_raw():
            received += [len(piece)]


async def test_a_range_may_be_wrong_and_a_length_too(api: Client, fault):
    file = (await api.upload("f", b"0123456789"))["hash"]
    fault(Kind.WRONG_RANGE, count=1)
    response = await api.http.get(f"files/{file}", headers={"Range": "bytes=0-3"})
    assert response.headers["content-range"] == "bytes 1-4/10"
    fault(Kind.WRONG_LENGTH, delta=-1, count=1)
    assert await api.fetch(file) == b"012345678"


async def test_json_may_be_cut_off_or_be_a_page(api: Client, fault):
    fault(Kind.MALFORMED_JSON, route="create-folder", count=1)
    with pytest.raises(ValueError, match=r"."):
        (await api.send("POST", "folders", name="a")).json()
    fault(Kind.HTML, route="create-folder", count=1)
    response = await api.send("POST", "folders", name="b")
    assert response.headers["content-type"].startswith("text/html")
    assert await api.names() == ["a"]


async def test_an_upload_that_is_reset_leaves_nothing(api: Client, running: Running, fault):
    rule = fault(Kind.CUT_UPLOAD, route="upload", after=5_000_000)
    form = b'--X\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    head = {"Content-Type": "multipart/form-data; boundary=X"}
    await api.broken_off("POST", "files", form + bytes(10_000_000) + b"\r\n--X--\r\n", head)
    assert rule.fired == 1
    assert await api.names() == []
    assert (await api.ok("GET", "me/status"))["storageUsage"] == 0
    with trio.fail_after(5):  # the server finds out in its own time
        while list((running.emulator.root / "incoming").iterdir()):
            await trio.sleep(0.01)


async def test_settings_and_faults_are_changed_below_the_base_too(running: Running, api: Client):
    for base in (running.api_url, running.api_url.removesuffix("/api")):
        response = await api.http.post(f"{base}/_emulator/settings", json={"page_cap": 7})
        assert response.json()["page_cap"] == 7
        rule = {"kind": "status", "status": 503, "count": 1, "route": "account"}
        await api.http.post(f"{base}/_emulator/faults", json=rule)
        assert refusal(await api.send("GET", "me")) == (503, None)
        assert result(await api.send("GET", "me"))["ssoId"] == 42


async def test_a_link_stays_good_over_a_token(api: Client, visitor: Client, fault):
    file = (await api.upload("f", b"x"))["hash"]
    link = await api.ok("GET", f"files/{file}/link", expiration=int(NOW * 1000) + 1000)
    fault(Kind.EXPIRED_TOKEN, route="account")
    assert await api.refused("GET", "me") == (401, 21)
    assert await visitor.fetch(f"d/{link['downloadLink']}") == b"x"
