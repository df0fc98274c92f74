"""Every kind of fault, in the forms of this service."""

import httpx
import pytest
import trio

from cloudfs.emulators.cloud689.errors import Code
from cloudfs.emulators.faults import Kind
from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import Client, refusal, result, signed_in

EXPIRED = (401, "The token is expired")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_status_is_not_of_the_service(api: Client, fault, status: int):
    fault(Kind.STATUS, status=status, retry_after=7, route="project/f/create", count=1)
    response = await api.post("project/f/create", name="a")
    assert (response.status_code, response.headers["Retry-After"]) == (status, "7")
    assert response.headers["content-type"].startswith("text/plain")
    assert await api.names() == []
    await api.folder("a")


async def test_a_code_of_the_table_is(api: Client, fault):
    for code in Code:
        fault(Kind.STATUS, code=code.name, count=1)
        response = await api.post("user/info")
        assert (response.status_code, refusal(response)) == (200, code.value)


async def test_a_code_may_come_with_any_text(api: Client, running: Running, fault):
    fault(Kind.STATUS, status=404, code="Nothing to see here", count=2)
    response = await api.post("user/info")
    assert (response.status_code, refusal(response)) == (200, (404, "Nothing to see here"))
    running.emulator.configure(http_status="mirror")
    assert (await api.post("user/info")).status_code == 404


async def test_an_expired_token_is_refused_and_stays_worthless(
    api: Client, running: Running, fault
):
    fault(Kind.EXPIRED_TOKEN, uses=2)
    for _ in range(2):
        await api.ok("user/info")
    assert await api.refused("user/info") == EXPIRED
    running.emulator.faults.clear()
    assert await api.refused("user/info") == EXPIRED
    async with signed_in(running) as again:
        await again.ok("user/info")


async def test_tokens_are_told_apart_wherever_they_are(api: Client, running: Running, fault):
    file = await api.file("f", b"x")
    rule = fault(Kind.EXPIRED_TOKEN, uses=4)
    await api.file("g")
    await api.fetch(file)
    await api.history()
    await api.ok("user/info", auth_token=None, access_token=api.token)
    assert refusal(await api.send(b"x", file_name="h")) == EXPIRED
    assert rule.fired == 1
    async with signed_in(running) as second:
        assert await second.names() == ["f", "g"]


async def test_an_upload_of_any_size_may_meet_an_expired_token(
    api: Client, running: Running, fault
):
    fault(Kind.EXPIRED_TOKEN, route="upload", count=1)
    assert refusal(await api.send(bytes(5_000_000), file_name="f")) == EXPIRED
    async with signed_in(running) as again:
        assert await again.names() == []


async def test_calls_without_a_token_have_none_to_expire(api: Client, visitor: Client, fault):
    link = (await api.ok("link/create", type_share=1))["link_id"]
    fault(Kind.EXPIRED_TOKEN)
    fault(Kind.EXPIRED_LINK)
    await visitor.ok("link/get", link_id=link)


@pytest.mark.parametrize(("kind", "names"), [(Kind.RESET, []), (Kind.RESET_AFTER, ["a"])])
async def test_a_reset_comes_before_or_after(api: Client, fault, kind: Kind, names: list[str]):
    fault(kind, route="create-folder")
    with pytest.raises(httpx.ReadError):
        await api.post("project/f/create", name="a")
    assert await api.names() == names


async def test_an_upload_whose_answer_was_lost_can_be_repeated(api: Client, fault):
    fault(Kind.RESET_AFTER, route="upload", count=1)
    params = {"file_name": "f", "session_upload": "s", "name": "n"}
    with pytest.raises(httpx.ReadError):
        await api.send(b"x", **params)
    made = result(await api.send(b"x", **params))
    assert [entry["id"] for entry in await api.ls()] == [made["file_id"]]


async def test_a_stall_gives_no_answer(api: Client, fault):
    fault(Kind.STALL, route="account", seconds=0.05)
    with pytest.raises(httpx.ReadError):
        await api.post("user/info")


async def test_a_slow_answer_is_the_usual_one(api: Client, fault):
    fault(Kind.LATENCY, seconds=0.05)
    began = trio.current_time()
    await api.ok("user/info")
    assert trio.current_time() - began >= 0.05


async def test_a_body_may_end_half_way(api: Client, fault):
    params = api.fields({"file_id": await api.file("f", bytes(100_000)), "download_type": 1})
    fault(Kind.HALF_BODY, route="download")
    received: list[int] = []
    with pytest.raises(httpx.RemoteProtocolError):
        await _count(api, params, received)
    assert sum(received) == 50_000


async def _count(api: Client, params: dict[str, str], received: list[int]) -> None:
    async with api.http.stream("POST", "download", data=params) as response:
        async for piece in response.aiter_raw():
            received += [len(piece)]


async def test_a_range_may_be_wrong_and_a_length_too(api: Client, running: Running, fault):
    running.emulator.configure(ranges=True)
    params = api.fields({"file_id": await api.file("f", b"0123456789"), "download_type": 1})
    fault(Kind.WRONG_RANGE, count=1)
    response = await api.http.post("download", data=params, headers={"Range": "bytes=0-3"})
    assert response.headers["content-range"] == "bytes 1-4/10"
    fault(Kind.WRONG_LENGTH, delta=-1, count=1)
    assert await api.fetch(params["file_id"]) == b"012345678"


async def test_json_may_be_cut_off_or_be_a_page(api: Client, fault):
    fault(Kind.MALFORMED_JSON, route="create-folder", count=1)
    with pytest.raises(ValueError, match=r"."):
        (await api.post("project/f/create", name="a")).json()
    fault(Kind.HTML, route="create-folder", count=1)
    response = await api.post("project/f/create", name="b")
    assert response.headers["content-type"].startswith("text/html")
    fault(Kind.HUGE_HEADER, route="create-folder", count=1, size=2000)
    response = await api.post("project/f/create", name="c")
    assert len(response.headers["x-padding"]) == 2000
    assert await api.names() == ["a", "c"]


@pytest.mark.parametrize("after", [0, 100, 5_000_000])
async def test_an_upload_that_is_reset_leaves_nothing(
    api: Client, running: Running, fault, after: int
):
    rule = fault(Kind.CUT_UPLOAD, route="upload", after=after)
    fields = "".join(
        f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in api.fields({}).items()
    )
    part = '--X\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = (fields + part).encode() + bytes(10_000_000) + b"\r\n--X--\r\n"
    await api.broken_off("upload", body, "multipart/form-data; boundary=X")
    assert rule.fired == 1
    running.emulator.faults.clear()
    assert await api.names() == []
    with trio.fail_after(5):  # the server finds out in its own time
        while list((running.emulator.root / "incoming").iterdir()):
            await trio.sleep(0.01)


async def test_settings_and_faults_are_changed_below_the_base_too(running: Running, api: Client):
    for base in (running.api_url, running.api_url.removesuffix("/api")):
        response = await api.http.post(f"{base}/_emulator/settings", json={"ranges": True})
        assert response.json()["ranges"] is True
        rule = {"kind": "status", "status": 503, "count": 1, "route": "account"}
        await api.http.post(f"{base}/_emulator/faults", json=rule)
        assert (await api.post("user/info")).status_code == 503
        await api.ok("user/info")


async def test_accounts_are_added_from_outside(running: Running, api: Client):
    account = {
        "login": "bob@example.com",
        "password": "b",
        "name": "Bob Ray",
        "role": 2,
        "time_zone": 9,
    }
    response = await api.http.post(f"{running.api_url}/_emulator/accounts", json=account)
    assert response.status_code == 200
    async with signed_in(running, "bob@example.com", "b") as bob:
        found = await bob.ok("user/info")
        assert (found["role_id"], found["time_zone"], found["last_name"]) == (2, 9, "Ray")


async def test_what_was_received_is_told_without_secrets(running: Running, api: Client):
    await api.file("f", b"x")
    shown = (await api.http.get(f"{running.api_url}/_emulator/requests")).text
    assert '"route":"upload"' in shown
    assert api.token
    assert api.token not in shown
