import hashlib
import signal
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import trio

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
from cloudfs.emulators.registry import EMULATORS, default_account
from cloudfs.emulators.server import Running, serving
from tests.emulators.client import Client, signed_in

MIB = 1 << 20


async def test_the_two_origins_are_two_ports_of_the_loopback(running: Running):
    api, store = urlsplit(running.api_url), urlsplit(running.store_url)
    assert api.hostname == store.hostname == "127.0.0.1"
    assert api.port != store.port


async def test_the_store_keeps_its_port_over_a_restart(emulator: CloudikeEmulator):
    async with serving(emulator) as first:
        pass
    async with serving(emulator) as second:
        pass
    assert first.store_url == second.store_url


async def test_the_store_takes_another_port_if_its_own_is_taken(emulator: CloudikeEmulator):
    async with serving(emulator) as first:
        port = urlsplit(first.store_url).port
    with socket.create_server(("127.0.0.1", port or 0)):
        async with serving(emulator) as second:
            assert second.store_url != first.store_url
            async with signed_in(second) as api:
                await api.upload("/a", b"hello")
                assert await api.fetch("/a") == b"hello"


async def test_a_port_that_is_taken_is_an_error(running: Running, tmp_path: Path):
    other = CloudikeEmulator(tmp_path / "other")
    port = urlsplit(running.api_url).port
    with pytest.raises(OSError, match="in use"):
        async with serving(other, port=port or 0):
            pass
    other.close()


async def test_signed_urls_lead_to_the_host_that_the_client_used(running: Running):
    port = urlsplit(running.api_url).port
    async with signed_in(running) as known:
        await known.upload("/a", b"hello")
        async with Client(f"http://localhost:{port}", known.token) as api:
            link = await api.link("/a")
            ticket = await api.ticket("/b")
    assert urlsplit(link["url"]).hostname == "localhost"
    assert urlsplit(ticket["confirm_url"]).netloc == f"localhost:{port}"


async def test_an_error_of_the_block_comes_out_as_it_is(emulator: CloudikeEmulator):
    with pytest.raises(KeyError, match="mine"):
        async with serving(emulator):
            raise KeyError("mine")


async def test_the_end_does_not_wait_for_a_client_that_does_not_read(
    emulator: CloudikeEmulator,
):
    emulator.write("/big", bytes(64 * MIB))
    with trio.fail_after(10):
        async with serving(emulator) as running, signed_in(running) as api:
            url = urlsplit((await api.link("/big"))["url"])
            lazy = await trio.open_tcp_stream("127.0.0.1", url.port or 0)
            await lazy.send_all(f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await lazy.receive_some(1)
    await lazy.aclose()


async def test_a_request_without_a_route_is_refused(stranger: Client, running: Running):
    for path in ("/", "/api/2/metadata/", "/api/1/nothing/"):
        response = await stranger.http.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "NotFound")
    response = await stranger.http.put("/api/1/metadata/")
    assert response.status_code == 405
    assert [r.route for r in running.emulator.requests.all()] == [""] * 4


async def test_a_bug_is_answered_and_logged(
    api: Client, running: Running, monkeypatch: pytest.MonkeyPatch, announce, caplog
):
    announce("GET /api/1/metadata/ failed in the emulator")
    monkeypatch.setattr(running.emulator.store.tree, "root", None)
    response = await api.get("metadata/")
    assert (response.status_code, response.json()["code"]) == (500, "InternalError")
    assert "'NoneType' object is not callable" in caplog.text


async def test_many_clients_upload_at_once(api: Client, running: Running):
    contents = {f"/{n}.bin": bytes([n]) * (n * 40_000) for n in range(30)}

    async def upload(path: str, data: bytes) -> None:
        await api.upload(path, data)

    async with trio.open_nursery() as nursery:
        for path, data in contents.items():
            nursery.start_soon(upload, path, data)
    assert running.emulator.tree() == contents


async def test_concurrent_changes_of_one_file_are_all_versions(api: Client):
    await api.upload("/a", b"first")

    async def upload(number: int) -> None:
        await api.upload("/a", f"{number}".encode(), overwrite=1)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(upload, number)
    history = await api.look("files/versions/a")
    assert len({version["version"] for version in history}) == 11


@pytest.mark.parametrize("mode", ["put", "post_form"])
async def test_a_big_file_streams_through_in_little_memory(
    api: Client, running: Running, mode: str
):
    size = 64 * MIB
    piece = bytes(range(256)) * 256
    running.emulator.configure(upload_mode=mode)
    ticket = await api.ticket("/big", size=size)
    before, after = _envelope(ticket)

    async def body() -> AsyncIterator[bytes]:
        yield before
        for _ in range(size // len(piece)):
            yield piece
        yield after

    length = str(len(before) + size + len(after))
    kind = "multipart/form-data; boundary=B" if before else "application/octet-stream"
    digest = hashlib.md5()
    tracemalloc.start()
    try:
        sent = await api.store.request(
            ticket["method"],
            ticket["url"],
            content=body(),
            headers={"Content-Length": length, "Content-Type": kind},
        )
        assert sent.is_success
        assert (await api.confirm(ticket)).json()["bytes"] == size
        async with api.store.stream("GET", (await api.link("/big"))["url"]) as response:
            async for part in response.aiter_raw():
                digest.update(part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert digest.hexdigest() == hashlib.md5(piece * (size // len(piece))).hexdigest()
    assert peak < 16 * MIB


def _envelope(ticket: dict) -> tuple[bytes, bytes]:
    if ticket["method"] == "PUT":
        return b"", b""
    fields = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {**ticket["parameters"], **ticket["headers"]}.items()
    )
    head = '--B\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    return (fields + head).encode(), b"\r\n--B--\r\n"


async def test_everything_is_there_after_a_restart(tmp_path: Path, clock: Clock):
    first = CloudikeEmulator(tmp_path / "cloud", clock=clock)
    async with serving(first) as running, signed_in(running) as api:
        await api.upload("/a", b"one")
        await api.upload("/a", b"two", overwrite=1)
        await api.upload("/gone", b"three")
        await api.ok("fileops/delete/", path="/gone")
        m = await api.ok("links/create/", path="/a")
        await api.ok("fileops/set_favorite/", path="/a")
        ticket = await api.ticket("/later")
        await api.send(ticket, b"four")
        task = await api.ok("trash/clear/", paths="unknown")
        link = (await api.link("/a"))["url"]
        events = await api.events()
        token = api.token
    first.close()

    second = CloudikeEmulator(tmp_path / "cloud", clock=clock)
    port = urlsplit(running.api_url).port or 0
    async with serving(second, port=port) as again, Client(again.api_url, token) as api:
        assert (await api.store.get(link)).content == b"two"
        assert (await api.confirm(ticket)).status_code == 200
        assert await api.names("/") == ["a", "later"]
        found = await api.stat("/a")
        assert (found["public_hash"], found["is_favorite"]) == (m["public_hash"], True)
        assert len(await api.look("files/versions/a")) == 2
        (binned,) = (await api.look("trash/"))["content"]
        assert binned["restore_path"] == "/gone"
        assert (await api.events())[1:] == events
        assert (await api.finished(task["taskid"], clock))["failed"] == 1
    second.close()


def test_run_serves_until_it_is_interrupted(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from cloudfs.emulators.server import run;"
        "run('cloudike', Path(sys.argv[1]), ready=lambda url: print(url, flush=True))"
    )
    for how in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "cloud")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        account = default_account("cloudike")
        login = {"login": account["username"], "password": account["password"]}
        with httpx.Client() as client:
            response = client.post(f"{url}/api/1/accounts/login/", json=login)
            assert response.json()["userid"] == 94
            process.send_signal(how)
            assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0


def test_the_registry_knows_the_type():
    assert EMULATORS["cloudike"] is CloudikeEmulator
