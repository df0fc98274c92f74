"""The service as a whole: at once, for large files, and over a restart."""

import hashlib
import json
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import trio

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.registry import EMULATORS
from cloudfs.emulators.server import Running, serving
from tests.emulators.cloud689.client import Client, md5, result, signed_in

MIB = 1 << 20
PIECE = bytes(range(256)) * 256


async def test_the_api_has_a_base_path_and_the_second_origin_serves_nothing(running: Running):
    assert urlsplit(running.api_url).path == "/api"
    async with httpx.AsyncClient() as client:
        response = await client.post(f"{running.store_url}/api/download")
        assert response.status_code == 404


async def test_many_clients_upload_at_once(api: Client, running: Running):
    contents = {f"/Documents/{n}.bin": bytes([n]) * (n * 40_000) for n in range(30)}

    async def upload(path: str, data: bytes) -> None:
        await api.upload(path.rpartition("/")[2], data)

    async with trio.open_nursery() as nursery:
        for path, data in contents.items():
            nursery.start_soon(upload, path, data)
    assert running.emulator.tree() == {"/Documents": None, **contents}


async def test_assemblies_grow_side_by_side(api: Client, running: Running):
    async def upload(number: int) -> None:
        for index in range(4):
            response = await api.send(
                b"%d" % number * 100_000,
                file_name=f"{number}",
                name=f"{number}",
                session_upload="s",
                chunk=index,
                chunks=4,
            )
            result(response)

    async with trio.open_nursery() as nursery:
        for number in range(6):
            nursery.start_soon(upload, number)
    tree = running.emulator.tree()
    assert {path: data for path, data in tree.items() if data is not None} == {
        f"/Documents/{number}": b"%d" % number * 400_000 for number in range(6)
    }
    (event,) = [event for event in await api.history() if event["history_type"] == 200]
    assert len(event["file_ids"].split(",")) == 6


async def test_of_those_who_delete_one_file_one_does(api: Client):
    file = await api.file("f")
    codes: list[int] = []

    async def delete() -> None:
        codes.append((await api.post("project/f/delete", file_id=file)).json()["status_code"])

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(delete)
    assert sorted(codes) == [200] + [404] * 7
    assert await api.bin() == ["f"]


async def test_a_big_file_streams_through_in_little_memory(api: Client):
    size = 64 * MIB
    expected = hashlib.md5(PIECE * (size // len(PIECE))).hexdigest()
    head = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in api.fields({}).items()
    ).encode()
    head += b'--B\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
    tail = b"\r\n--B--\r\n"

    async def body() -> AsyncIterator[bytes]:
        yield head
        for _ in range(size // len(PIECE)):
            yield PIECE
        yield tail

    headers = {
        "Content-Type": "multipart/form-data; boundary=B",
        "Content-Length": str(len(head) + size + len(tail)),
    }
    tracemalloc.start()
    try:
        made = result(await api.http.post("upload", content=body(), headers=headers))
        digest = await _digest(api, made["file_id"])
        await _digest(api, made["file_id"], type_=3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (made["file_size"], digest) == (size, expected)
    assert peak < 16 * MIB


async def test_chunks_are_joined_and_protected_in_little_memory(api: Client, clock: Clock):
    count, part = 8, PIECE * (4 * MIB // len(PIECE))
    expected = hashlib.md5(part * count).hexdigest()
    made = None
    tracemalloc.start()
    try:
        for index in range(count):
            response = await api.send(
                part, file_name="big", name="big", session_upload="s", chunk=index, chunks=count
            )
            made = result(response)
        assert made is not None
        digest = await _digest(api, made["file_id"])
        await api.ok("encode/start/license", file_ids=made["file_id"])
        clock.advance(1)
        assert (await api.stat(made["file_id"]))["is_encrypt"] == 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (made["file_size"], digest) == (count * len(part), expected)
    assert peak < 24 * MIB


async def _digest(api: Client, file: str, type_: int = 1) -> str:
    digest = hashlib.md5()
    params = api.fields({"file_id": file, "download_type": type_})
    async with api.http.stream("POST", "download", data=params) as response:
        async for piece in response.aiter_raw():
            digest.update(piece)
    return digest.hexdigest()


async def test_everything_is_there_after_a_restart(tmp_path: Path, clock: Clock):
    first = Cloud689Emulator(tmp_path / "cloud", clock=clock)
    async with serving(first) as running, signed_in(running) as api:
        token, project = api.token, api.project
        folder = await api.folder("d")
        file = await api.file("a.txt", b"one", folder)
        gone = await api.file("gone")
        await api.done("project/f/delete", file_id=gone)
        await api.ok("license/update", file_ids=file, printable=3)
        link = (await api.ok("link/create", type_share=2, folder_id=folder))["link_id"]
        await api.ok("project/comment/create", text="hello")
        unfinished = {"file_name": "big", "name": "n", "session_upload": "s", "chunks": 2}
        await api.send(b"first", **unfinished, chunk=0)
        before = [
            await api.ls(),
            await api.stat(file),
            await api.history(),
            await api.ok("license/info", file_id=file),
            await api.ok("project/comment/get"),
            await api.projects(),
            await api.ok("link/browse", link_id=link),
        ]
    first.close()

    second = Cloud689Emulator(tmp_path / "cloud", clock=clock)
    async with serving(second) as again, Client(again.api_url, token, project) as api:
        assert before == [
            await api.ls(),
            await api.stat(file),
            await api.history(),
            await api.ok("license/info", file_id=file),
            await api.ok("project/comment/get"),
            await api.projects(),
            await api.ok("link/browse", link_id=link),
        ]
        assert await api.bin() == ["gone"]
        assert await api.fetch(file) == b"one"
        made = result(await api.send(b"second", **unfinished, chunk=1))
        assert await api.fetch(made["file_id"]) == b"firstsecond"
        await api.done("project/f/restore", file_ids=gone)
        await api.done("user/logout", access_token=token)
    second.close()

    third = Cloud689Emulator(tmp_path / "cloud", clock=clock)
    async with serving(third) as running, Client(running.api_url, token, project) as api:
        assert await api.refused("user/info") == (401, "Token does not exist")
    third.close()


def test_two_emulators_give_the_same_ids(tmp_path: Path):
    found = []
    for name in ("a", "b"):
        emulator = Cloud689Emulator(tmp_path / name)
        emulator.write("/Documents/d/f", b"x")
        emulator.remove("/Documents/d")
        found.append([item.name for item in emulator.bin()])
        emulator.close()
    assert found[0] == found[1]


def test_it_is_served_by_the_command_line(tmp_path: Path):
    command = [sys.executable, "-m", "cloudfs", "serve", "cloud689", str(tmp_path / "cloud")]
    process = subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    account = json.loads(process.stdout.readline())
    assert set(account) == {"url", "username", "password", "team_id"}
    params = {
        "email_address": account["username"],
        "password": md5(account["password"]),
        "team_id": account["team_id"],
        "keep_me_login": "true",
    }
    with httpx.Client(base_url=account["url"]) as client:
        token = result(client.post("user/login", data=params))["session_id"]
        assert result(client.post("project/list", data={"auth_token": token}))["total_result"] == 1
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_the_registry_knows_the_type():
    assert EMULATORS["cloud689"] is Cloud689Emulator
