import json
import os
import socket
import stat
import threading
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
import trio

from cloudfs import control
from cloudfs.control import SOCKET, Answer, ControlServer, ask
from cloudfs.errors import ConfigError, Unreachable


class Commands:
    """Commands of a mount that is made up."""

    def __init__(self) -> None:
        self.requests: list[Mapping[str, Any]] = []
        self.left = trio.Event()
        self.begun = trio.Event()

    async def status(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        self.requests.append(request)
        yield {"done": True, "mounted": "/mnt/\u00e9"}

    async def count(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        for number in range(request["to"]):
            yield {"number": number}
        yield {"done": True}

    async def fail(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        yield {"number": 1}
        raise Unreachable("the service is away")

    async def bug(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        yield {"number": 1}
        raise ZeroDivisionError

    async def endless(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        self.begun.set()
        try:
            while True:
                yield {"text": "x" * 10_000}
        finally:
            self.left.set()

    async def wait(self, _: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        self.begun.set()
        await self.left.wait()
        yield {"done": True}

    def table(self) -> dict[str, control.Command]:
        return {
            name: getattr(self, name)
            for name in ("status", "count", "fail", "bug", "endless", "wait")
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder whose path is longer than the address of a socket may be."""
    deep = tmp_path / ("deep" * 30) / ("deeper" * 30)
    deep.mkdir(mode=0o700, parents=True)
    assert len(os.fsencode(deep / SOCKET)) > 108
    return deep


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def server(folder: Path, commands: Commands, nursery: trio.Nursery):
    server = ControlServer(folder, commands.table())
    nursery.start_soon(server.serve)
    while not (folder / SOCKET).exists():
        await trio.lowlevel.checkpoint()
    await trio.testing.wait_all_tasks_blocked()
    return server


async def answers(folder: Path, command: str, **parameters: Any) -> list[Answer]:
    return await trio.to_thread.run_sync(lambda: list(ask(folder, command, **parameters)))


async def test_a_command_is_answered_however_deep_the_folder_is(
    server: ControlServer, folder: Path, commands: Commands
):
    assert await answers(folder, "status", path="/x", deep={"a": [1]}) == [
        {"done": True, "mounted": "/mnt/\u00e9"}
    ]
    assert commands.requests == [{"command": "status", "path": "/x", "deep": {"a": [1]}}]


async def test_a_command_may_be_answered_bit_by_bit(server: ControlServer, folder: Path):
    assert await answers(folder, "count", to=3) == [
        {"number": 0},
        {"number": 1},
        {"number": 2},
        {"done": True},
    ]


async def test_a_failure_is_an_answer(server: ControlServer, folder: Path):
    assert await answers(folder, "fail") == [
        {"number": 1},
        {"done": True, "error": "the service is away"},
    ]


async def test_an_unknown_command_is_answered_as_such(server: ControlServer, folder: Path):
    assert await answers(folder, "dance") == [{"done": True, "error": "unknown command 'dance'"}]


async def test_a_bug_in_a_command_is_logged_and_the_server_goes_on(
    server: ControlServer, folder: Path, announce
):
    announce("a command could not be answered")
    with pytest.raises(ConfigError, match="ended before it answered"):
        await answers(folder, "bug")
    assert (await answers(folder, "status"))[0]["done"]


async def test_many_can_ask_at_once(server: ControlServer, folder: Path, commands: Commands):
    found: list[list[Answer]] = []

    async def one(command: str, **parameters: Any) -> None:
        found.append(await answers(folder, command, **parameters))

    async with trio.open_nursery() as asking:
        asking.start_soon(one, "wait")
        await commands.begun.wait()
        await one("status")
        assert len(found) == 1
        commands.left.set()
    assert found[1] == [{"done": True}]


async def test_the_socket_is_private_and_goes_with_the_server(folder: Path, commands: Commands):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ControlServer(folder, commands.table()).serve)
        while not (folder / SOCKET).exists():
            await trio.lowlevel.checkpoint()
        await trio.testing.wait_all_tasks_blocked()
        mode = (folder / SOCKET).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        nursery.cancel_scope.cancel()
    assert not (folder / SOCKET).exists()


async def test_what_a_killed_server_left_behind_is_no_obstacle(
    folder: Path, commands: Commands, nursery: trio.Nursery
):
    (folder / SOCKET).write_text("left behind")
    nursery.start_soon(ControlServer(folder, commands.table()).serve)
    while not (folder / SOCKET).is_socket():
        await trio.lowlevel.checkpoint()
    await trio.testing.wait_all_tasks_blocked()
    assert (await answers(folder, "status"))[0]["done"]


def raw(folder: Path) -> socket.socket:
    """A connection without the manners of `ask`."""
    connection = socket.socket(socket.AF_UNIX)
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/{SOCKET}")
    finally:
        os.close(descriptor)
    connection.settimeout(5)
    return connection


async def test_a_client_that_leaves_early_ends_its_command_and_nothing_else(
    server: ControlServer, folder: Path, commands: Commands
):
    with raw(folder) as connection:
        connection.sendall(b'{"command": "endless"}\n')
        assert await trio.to_thread.run_sync(connection.recv, 100)
    with trio.fail_after(5):
        await commands.left.wait()
        await server.quiet()
    assert (await answers(folder, "status"))[0]["done"]


async def test_a_client_that_only_knocks_is_no_matter(server: ControlServer, folder: Path):
    raw(folder).close()
    assert (await answers(folder, "status"))[0]["done"]


@pytest.mark.parametrize(
    "request_", [b"\n", b"not json\n", b"[1]\n", b"3\n", b'{"command": ["x"]}\n', b"\xff\n"]
)
async def test_nonsense_is_answered_as_an_unknown_command(
    request_: bytes, server: ControlServer, folder: Path
):
    with raw(folder) as connection:
        connection.sendall(request_)
        line = await trio.to_thread.run_sync(connection.recv, 1000)
    assert "unknown command" in json.loads(line)["error"]


async def test_a_line_without_an_end_is_cut_off(
    server: ControlServer, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(control, "LONGEST_LINE", 1000)
    with raw(folder) as connection:
        connection.sendall(b"x" * 1000)
        line = await trio.to_thread.run_sync(connection.recv, 1000)
    assert "unknown command" in json.loads(line)["error"]


async def test_a_request_may_come_in_pieces(server: ControlServer, folder: Path):
    with raw(folder) as connection:
        connection.sendall(b'{"comm')
        await trio.testing.wait_all_tasks_blocked()
        connection.sendall(b'and": "status"}\n')
        line = await trio.to_thread.run_sync(connection.recv, 1000)
    assert json.loads(line)["done"]


async def test_one_can_wait_until_nobody_is_being_answered(
    server: ControlServer, folder: Path, commands: Commands, nursery: trio.Nursery
):
    await server.quiet()
    nursery.start_soon(answers, folder, "wait")
    await commands.begun.wait()
    with trio.move_on_after(0) as scope:
        await server.quiet()
    assert scope.cancelled_caught
    commands.left.set()
    with trio.fail_after(5):
        await server.quiet()


# When there is no server ------------------------------------------------------------------------


def test_without_a_socket_the_advice_is_how_to_unmount(folder: Path):
    with pytest.raises(ConfigError, match=r"No such file.*fusermount3 -u"):
        list(ask(folder, "status"))


def test_without_a_folder_the_advice_is_the_same(folder: Path):
    with pytest.raises(ConfigError, match="no cloudfs process answers"):
        list(ask(folder / "missing", "status"))


class KilledServer:
    """Answers with some bytes, and is gone."""

    def __init__(self, folder: Path, said: bytes, *, reads: bool) -> None:
        self._said = said
        self._reads = reads
        self._listening = socket.socket(socket.AF_UNIX)
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        self._listening.bind(f"/proc/self/fd/{descriptor}/{SOCKET}")
        os.close(descriptor)
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            if self._reads:
                connection.recv(1000)
            connection.sendall(self._said)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listening.close()


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"", []),
        (b'{"number": 1}\n', [{"number": 1}]),
        (b'{"number": 1}\n{"number"', [{"number": 1}]),
        (b'{"done": tr', []),
    ],
)
def test_a_process_that_dies_while_it_answers_is_told_as_such(
    said: bytes, heard: list[Answer], reads: bool, folder: Path
):
    got: list[Answer] = []
    with (
        KilledServer(folder, said, reads=reads),
        pytest.raises(ConfigError, match="ended before it answered"),
    ):
        got.extend(ask(folder, "status", padding="x" * 100_000))
    assert got == heard or not reads
