"""Reference 1.4, 2.2 and 2.3: profiles, and the way to the gateway."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from cloudfs.emulators.asus.emulator import WebStorageEmulator
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running, serving
from tests.emulators.asus.client import PASSWORD, USER, Client, b64, body, signed_in

REQUEST = "/member/requestservicegateway/"
ACQUIRE = "/member/acquireservicegateway/"


def host(client: Client) -> str:
    return urlsplit(client.url).netloc


async def test_a_gateway_is_found_with_a_password(stranger: Client):
    fields = {"userid": USER.upper(), "password": PASSWORD.upper(), "language": "", "service": 1}
    found = await stranger.raw(REQUEST, body("requestservicegateway", **fields))
    assert found.tags() == ["status", "servicegateway", "time"]
    assert (found.status, found["servicegateway"]) == (0, host(stranger))
    assert found["time"] == "1700000000000"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 0),
        ({"password": PASSWORD}, 0),
        ({"password": "0" * 32}, 2),
        ({"userid": "nobody@example.com"}, 2),
        ({"userid": ""}, 225),
        ({"service": ""}, 225),
        ({"service": 2}, 225),
    ],
)
async def test_a_password_is_checked_where_one_is_sent(
    omnistor: Client, fields: dict[str, object], status: int
):
    given = {"userid": USER, "service": 1, **fields}
    found = await omnistor.raw(REQUEST, body("requestservicegateway", **given))
    assert found.status == status
    assert ("servicegateway" in found) is (status == 0)


async def test_webstorage_wants_a_password(stranger: Client):
    fields = {"userid": USER, "language": "zh_TW", "service": 1}
    for more, status in (({}, 225), ({"password": ""}, 225), ({"password": "0" * 32}, 2)):
        text = body("requestservicegateway", **fields, **more)
        assert (await stranger.raw(REQUEST, text)).status == status


async def test_a_gateway_is_found_by_area(omnistor: Client):
    text = body("acquireservicegateway", areaid=1)
    found = await omnistor.raw(ACQUIRE, text, sign=True)
    assert found.tags() == ["status", "servicegateway"]
    assert (found.status, found["servicegateway"]) == (0, host(omnistor))


@pytest.mark.parametrize(
    ("text", "sign", "status"),
    [
        (body("acquireservicegateway", areaid=1), False, 5),
        (body("acquireservicegateway", areaid=2), True, 253),
        (body("acquireservicegateway"), True, 501),
        ("<acquireservicegateway>", True, 501),
        (body("other", areaid=1), True, 501),
    ],
)
async def test_an_area_is_refused_in_its_own_way(
    omnistor: Client, text: str, sign: bool, status: int
):
    found = await omnistor.raw(ACQUIRE, text, sign=sign)
    assert (found.root.tag, found.status) == ("acquireservicegateway", status)


async def test_calls_of_the_other_profile_are_missing(stranger: Client, omnistor: Client):
    for client, path in (
        (stranger, ACQUIRE),
        (omnistor, "/sharecode/tocompactform/"),
        (omnistor, "/sharecode/tonormalform/"),
    ):
        assert (await client.send(path, "<x/>")).status_code == 404


async def test_only_webstorage_sets_a_cookie(api: Client, omnistor: Client):
    for client, cookie in ((api, "OMNISTORE_VER=1_0;"), (omnistor, None)):
        found = await client.ok("/folder/getmysyncfolder/")
        assert found.response.headers.get("Set-Cookie") == cookie
        file = await client.upload(found["id"], "a", b"a")
        assert (await client.download(file)).headers.get("Set-Cookie") == cookie


async def test_only_webstorage_tells_an_owner_in_propfind(api: Client, omnistor: Client):
    for client, tags in (
        (api, ["status", "isencrypted", "size", "scrip", "type", "id", "owner"]),
        (omnistor, ["status", "isencrypted", "size", "scrip", "type", "id"]),
    ):
        fields = {"parent": await client.mysync(), "type": "system.unknown"}
        await client.mkdir(fields["parent"], "a")
        for name in ("a", "b"):
            found = await client.ok("/find/propfind/", find=b64(name), **fields)
            assert found.tags() == tags


async def test_only_webstorage_dates_files_in_listings(
    api: Client, running: Running, omnistor: Client
):
    for client in (api, omnistor):
        folder = await client.mysync()
        await client.upload(folder, "a", b"a")
        found = await client.browse(folder)
        assert ("file/lastmodifiedtime" in found) is (client is api)
    running.emulator.configure(lastmodifiedtime=False)
    assert "file/lastmodifiedtime" not in await api.browse(await api.mysync())


async def test_hosts_are_told_as_the_client_knows_them(running: Running):
    """Behind a proxy the way back leads through it."""
    headers = {"Host": "cloud.example.com:8080"}
    text = body("requestservicegateway", userid=USER, password=PASSWORD, service=1)
    async with httpx.AsyncClient(base_url=running.api_url, verify=False) as http:
        response = await http.post(REQUEST, content=text, headers=headers)
    assert "<servicegateway>cloud.example.com:8080</servicegateway>" in response.text


async def test_the_web_relay_may_be_another_server(tmp_path: Path, clock: Clock):
    emulator = WebStorageEmulator(tmp_path / "apart", clock=clock)
    emulator.configure(webrelay_apart=True)
    emulator.write("/a", b"hello")
    async with serving(emulator) as running, signed_in(running) as api:
        store = urlsplit(running.store_url).netloc
        reply = await api.raw(
            "/member/acquiretoken/", body("aaa", userid=USER, password=PASSWORD), sign=True
        )
        assert (reply["inforelay"], reply["webrelay"]) == (host(api), store)
        async with Client(running.store_url, token=api.token) as relay:
            assert await relay.content(5001) == b"hello"
            file = await relay.upload(1001, "b", b"b")
            assert (await relay.send("/folder/getmysyncfolder/", "<x/>")).status_code == 404
        assert await api.content(file) == b"b"
    emulator.close()


async def test_the_second_origin_serves_nothing_by_default(running: Running, api: Client):
    async with Client(running.store_url, token=api.token) as relay:
        assert (await relay.download(5001)).status_code == 404
