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
import pytest
import trio

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.registry import EMULATORS
from cloudfs.emulators.server import Running, serving
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import TOKEN, Client, display, refusal, result, signed_in

MIB = 1 << 20
PIECE = bytes(range(256)) * 256


async def test_the_api_has_a_base_path(running: Running):
    assert urlsplit(running.api_url).path == "/api"
    assert urlsplit(running.store_url).path == ""


async def test_many_clients_upload_at_once(api: Client, running: Running):
    contents = {f"/{n}.bin": bytes([n]) * (n * 40_000) for n in range(30)}

    async def upload(path: str, data: bytes) -> None:
        await api.upload(path[1:], data)

    async with trio.open_nursery() as nursery:
        for path, data in contents.items():
            nursery.start_soon(upload, path, data)
    assert running.emulator.tree() == contents


async def test_of_those_who_want_one_name_one_gets_it(api: Client, running: Running):
    statuses: list[int] = []

    async def upload(number: int) -> None:
        response = await api.post_file("f", b"%d" % number * 100_000)
        statuses.append(response.status_code)

    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(upload, number)
    assert sorted(statuses) == [200] + [409] * 7
    assert len(running.emulator.tree()["/f"]) == 100_000


async def test_concurrent_replacements_are_all_versions(api: Client, running: Running):
    running.emulator.configure(version_limit=100)
    file = (await api.upload("f", b"first"))["hash"]

    async def replace(number: int) -> None:
        await api.replace(file, b"%d" % number)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(replace, number)
    history = await api.ok("GET", f"files/{file}/versions")
    assert [version["version"] for version in history] == list(range(11))
    contents = {await api.fetch(version["hash"]) for version in history}
    assert contents == {b"first", *(b"%d" % number for number in range(10))}


async def test_a_big_file_streams_through_in_little_memory(api: Client, running: Running):
    size = 64 * MIB
    expected = hashlib.md5(PIECE * (size // len(PIECE))).hexdigest()
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
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
        made = result(await api.http.post("files", content=body(), headers=headers))
        digest = await _digest(api, made["hash"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (made["size"], digest) == (size, expected)
    assert peak < 16 * MIB


async def test_a_big_resumable_upload_needs_little_memory(api: Client, running: Running):
    count, part = 8, PIECE * (5 * MIB // len(PIECE))
    expected = hashlib.md5(part * count).hexdigest()
    tracemalloc.start()
    try:
        url = (await api.begin(count * len(part), fileFullName="big")).headers["location"]
        for number in range(count):
            response = await api.patch(url, number * len(part), part)
            assert response.status_code == 204
        made = result(await api.info(url))
        archive = await api.ok("POST", "files/archive", hashes=made["hash"], name="x.zip")
        unpacked = await api.ok("POST", f"files/{archive['hash']}/extract")
        (inside,) = await api.ls(unpacked["hash"])
        digest = await _digest(api, inside["hash"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert digest == expected
    assert peak < 24 * MIB


async def _digest(api: Client, hash_: str) -> str:
    digest = hashlib.md5()
    async with api.http.stream("GET", f"files/{hash_}") as response:
        async for piece in response.aiter_raw():
            digest.update(piece)
    return digest.hexdigest()


async def test_everything_is_there_after_a_restart(tmp_path: Path, clock: Clock):
    first = PodSpaceEmulator(tmp_path / "cloud", clock=clock)
    first.add_account("ali", "alis-token", userid=7, name="Ali")
    async with serving(first) as running, signed_in(running) as api:
        file = await api.upload("a.txt", b"one")
        await api.replace(file["hash"], b"two")
        gone = await api.upload("gone", b"three")
        await api.ok("DELETE", f"files/{gone['hash']}")
        (public,) = await api.ok("POST", f"files/{file['hash']}/public")
        (private,) = await api.ok("POST", f"files/{file['hash']}/share", persons="ali")
        await api.ok("POST", "bookmarks", hash=file["hash"])
        team = await api.ok("POST", "teams", name="Lab")
        link = await api.ok("GET", f"files/{file['hash']}/link", expiration=int(NOW * 1000) + 9000)
        refresh = first.refresh_token(TOKEN)
        tokens = await api.ok("GET", "oauth2/refresh", refreshToken=refresh)
        before = await api.stat(file["hash"])
        history = await api.ok("GET", f"files/{file['hash']}/versions")
        activities = await api.ok("GET", f"files/{file['hash']}/activities")
    first.close()

    second = PodSpaceEmulator(tmp_path / "cloud", clock=clock)
    async with serving(second) as again, Client(again.api_url, tokens["access_token"]) as api:
        assert await api.stat(file["hash"]) == before
        assert await api.ok("GET", f"files/{file['hash']}/versions") == history
        assert await api.ok("GET", f"files/{file['hash']}/activities") == activities
        assert await api.ok("GET", f"files/{file['hash']}/shares") == [public, private]
        assert await api.ok("GET", "teams") == [team]
        assert await api.bin() == ["gone"]
        assert (await api.ok("GET", "bookmarks"))["count"] == 1
        assert await api.fetch(f"d/{link['downloadLink']}") == b"two"
        assert await api.fetch(history[0]["hash"]) == b"one"
        assert await api.ok("PUT", f"trashes/{gone['hash']}/restore") == 1
        await api.ok("GET", "oauth2/refresh", refreshToken=tokens["refresh_token"])
        async with Client(again.api_url, "alis-token") as ali:
            shared = await ali.ok("GET", "shares")
            assert [display(one["entity"]) for one in shared["list"]] == ["a.txt"]
    second.close()


async def test_a_token_that_was_worthless_stays_so_after_a_restart(tmp_path: Path, clock: Clock):
    first = PodSpaceEmulator(tmp_path / "cloud", clock=clock)
    async with serving(first) as running, signed_in(running) as api:
        await api.ok("DELETE", "oauth2/token", token=TOKEN, tokenType="access_token")
    first.close()
    second = PodSpaceEmulator(tmp_path / "cloud", clock=clock)
    async with serving(second) as running, signed_in(running) as api:
        assert await api.refused("GET", "me") == (401, 21)
    second.close()


def test_two_emulators_give_the_same_hashes(tmp_path: Path):
    found = []
    for name in ("a", "b"):
        emulator = PodSpaceEmulator(tmp_path / name)
        emulator.write("/d/f", b"x")
        emulator.remove("/d")
        found.append([item.name for item in emulator.bin()])
        emulator.close()
    assert found[0] == found[1]


def test_it_is_served_by_the_command_line(tmp_path: Path):
    command = [sys.executable, "-m", "cloudfs", "serve", "podspace", str(tmp_path / "cloud")]
    process = subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    account = json.loads(process.stdout.readline())
    assert set(account) == {"url", "token", "refresh_token"}
    headers = {"Authorization": f"Bearer {account['token']}"}
    with httpx.Client(base_url=account["url"]) as client:
        assert result(client.get("me", headers=headers))["username"] == "sara"
        refresh = {"refreshToken": account["refresh_token"]}
        assert result(client.get("oauth2/refresh", params=refresh))["expires_in"] == 900
        assert refusal(client.get("me")) == (401, 21)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_the_registry_knows_the_type():
    assert EMULATORS["podspace"] is PodSpaceEmulator


@pytest.mark.parametrize(
    ("name", "value"),
    [("on_duplicate", "sometimes"), ("quota", "much"), ("nothing", 1), ("reject_empty", 1)],
)
def test_a_setting_that_cannot_be_is_refused(emulator: PodSpaceEmulator, name: str, value: object):
    before = emulator.configuration()
    with pytest.raises(ValueError, match=r"."):
        emulator.configure(**{name: value})
    assert emulator.configuration() == before
