import httpx
import pytest

from cloudfs.emulators.server import Running
from tests.emulators.client import Client


@pytest.fixture
async def control(running: Running):
    async with httpx.AsyncClient(base_url=f"{running.api_url}/_emulator/") as client:
        yield client


async def test_faults_are_added_listed_and_cleared(control: httpx.AsyncClient, api: Client):
    rule = {"kind": "status", "status": 502, "route": "metadata", "count": 1}
    added = (await control.post("faults", json=rule)).json()
    assert added.items() >= rule.items()
    assert (await api.get("metadata/")).status_code == 502
    (listed,) = (await control.get("faults")).json()
    assert (listed["id"], listed["seen"], listed["fired"]) == (added["id"], 1, 1)
    assert (await control.delete(f"faults/{added['id']}")).json() == {"removed": True}
    await control.post("faults", json={"kind": "reset"})
    await control.delete("faults")
    assert (await control.get("faults")).json() == []
    assert (await api.get("metadata/")).status_code == 200


async def test_requests_are_told_without_their_secrets(control: httpx.AsyncClient, api: Client):
    await api.upload("/a.txt", b"hello")
    url = (await api.link("/a.txt"))["url"]
    await control.delete("requests")
    await api.http.get("/api/1/metadata/", headers={"X-Thing": "1"})
    await api.store.get(url, headers={"Range": "bytes=0-1"})
    text = (await control.get("requests")).text
    assert api.token not in text
    assert "Signature" not in text
    assert url.rpartition("=")[2] not in text
    first, second = (await control.get("requests")).json()
    assert (
        first.items()
        >= {
            "origin": "api",
            "method": "GET",
            "path": "/api/1/metadata/",
            "route": "metadata",
            "label": "list",
            "credentials": True,
            "status": 200,
        }.items()
    )
    assert "x-thing" in first["headers"]
    assert (
        second.items()
        >= {
            "origin": "store",
            "label": "download",
            "credentials": False,
            "byte_range": "bytes=0-1",
            "status": 206,
            "sent": 2,
        }.items()
    )
    assert (await control.get("counts")).json() == {"metadata": 1, "object/get": 1}
    (only,) = (await control.get("requests", params={"route": "download"})).json()
    assert only == second


async def test_the_cookie_of_the_api_is_seen_where_it_does_not_belong(
    running: Running, api: Client
):
    await api.upload("/a.txt", b"hello")
    url = (await api.link("/a.txt"))["url"]
    careless = httpx.AsyncClient()
    async with careless:
        login = {"login": "demo@example.com", "password": "demo"}
        await careless.post(f"{running.api_url}/api/1/accounts/login/", json=login)
        await careless.get(url)
    assert running.emulator.requests.all("download")[-1].credentials


async def test_the_clock_is_moved(control: httpx.AsyncClient, api: Client):
    before = (await control.get("clock")).json()
    after = (await control.post("clock", json={"advance": 31 * 86400})).json()
    assert after["now"] - before["now"] == after["ahead"] == 31 * 86400
    assert (await api.get("metadata/")).status_code == 401
    assert (await control.post("clock", json={"advance": -1})).status_code == 400


async def test_settings_are_changed(control: httpx.AsyncClient, running: Running):
    change = {"upload_mode": "put", "link_ttl": 5, "encodings": ["json"], "dedup": False}
    found = (await control.post("settings", json=change)).json()
    assert found.items() >= change.items()
    settings = running.emulator.settings
    assert (settings.upload_mode, settings.link_ttl) == ("put", 5.0)
    assert settings.encodings == frozenset({"json"})
    assert (await control.get("settings")).json() == found


@pytest.mark.parametrize(
    "change",
    [{"nothing": 1}, {"upload_mode": "no"}, {"dedup": 1}, {"quota": True}, {"quota": "5"}],
)
async def test_a_bad_setting_is_refused(control: httpx.AsyncClient, change: dict):
    before = (await control.get("settings")).json()
    response = await control.post("settings", json=change)
    assert response.status_code == 400
    assert "ValueError" in response.json()["error"]
    assert (await control.get("settings")).json() == before


async def test_the_store_may_be_reached_through_a_proxy(control: httpx.AsyncClient, api: Client):
    await api.upload("/a.txt", b"hello")
    await control.post("settings", json={"store_url": "http://127.0.0.1:1"})
    assert (await api.link("/a.txt"))["url"].startswith("http://127.0.0.1:1/")


async def test_accounts_are_added_and_looked_into(control: httpx.AsyncClient, running: Running):
    account = {"login": "b@example.com", "password": "x", "userid": 7, "quota": 10}
    assert (await control.post("accounts", json=account)).json() == {"userid": 7}
    assert (await control.post("accounts", json=account)).status_code == 400
    logins = (await control.get("accounts")).json()
    assert sorted(logins) == ["email:b@example.com", "email:demo@example.com"]
    running.emulator.write("/f/a.txt", b"hello", login="b@example.com")
    running.emulator.write("/gone", b"", login="b@example.com")
    running.emulator.remove("/gone", login="b@example.com")
    tree = await control.get("tree", params={"login": "b@example.com"})
    assert tree.json() == {"/f": None, "/f/a.txt": {"size": 5}}
    (binned,) = (await control.get("bin", params={"login": "b@example.com"})).json()
    assert (binned["path"], binned["folder"], binned["size"]) == ("/gone", False, 0)
    assert (await control.get("tree", params={"login": "nobody"})).status_code == 400


async def test_what_is_not_there_is_refused(control: httpx.AsyncClient):
    assert (await control.get("nothing")).status_code == 404
    assert (await control.delete("settings")).status_code == 405
    assert (await control.post("faults", content=b"{")).status_code == 400


async def test_the_control_surface_is_not_noted_and_does_not_go_wrong(
    control: httpx.AsyncClient, running: Running
):
    await control.post("faults", json={"kind": "reset"})
    assert (await control.get("faults")).status_code == 200
    assert len(running.emulator.requests) == 0
    running.emulator.faults.clear()
    async with httpx.AsyncClient() as client:
        response = await client.get(f"{running.store_url}/_emulator/faults/x")
    assert response.status_code == 404
