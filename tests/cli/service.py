"""An emulated service in a thread, and the command line in this process or on a terminal."""

import json
import os
import select
import subprocess
import sys
import termios
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from cloudfs.emulators.emulator import Emulator
from cloudfs.emulators.faults import Rule
from cloudfs.emulators.registry import EMULATORS
from cloudfs.emulators.server import serving

PATIENCE = 60


class Service:
    """The emulator of a type, on the network."""

    def __init__(self, type_: str, root: Path) -> None:
        self.type = type_
        self.root = root
        self.url = ""
        self._own: dict[str, str] = {}
        self.emulator: Emulator
        self._ready = threading.Event()
        self._token: trio.lowlevel.TrioToken
        self._end: trio.Event

    @property
    def account(self) -> dict[str, str]:
        return {"url": self.url, **self.emulator.default_account(), **self._own}

    def own_account(self) -> "Service":
        """Have an account whose password is nowhere else in what is said."""
        self._own = {"username": "ann@example.com", "password": 'Correct "Horse" ü\\'}
        self.do(lambda: self.emulator.add_account(*self._own.values()))
        return self

    def configure(self, **settings: Any) -> None:
        self.do(lambda: self.emulator.configure(**settings))

    def fault(self, **rule: Any) -> None:
        self.do(lambda: self.emulator.faults.add(Rule.from_json(rule)))

    def do(self, work: Callable[[], Any]) -> Any:
        """Something done where the emulator lives."""
        return trio.from_thread.run_sync(work, trio_token=self._token)

    def received(self, label: str) -> int:
        """How many requests there were."""
        return self.do(lambda: len(self.emulator.requests.all(label)))

    @contextmanager
    def served(self) -> Iterator["Service"]:
        thread = threading.Thread(target=trio.run, args=(self._serve,))
        thread.start()
        try:
            assert self._ready.wait(PATIENCE)
            yield self
        finally:
            self.do(self._end.set)
            thread.join(PATIENCE)

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._end = trio.Event()
        self.root.mkdir(exist_ok=True)
        self.emulator = EMULATORS[self.type](self.root)
        try:
            async with serving(self.emulator) as running:
                self.url = running.api_url
                self._ready.set()
                await self._end.wait()
        finally:
            self.emulator.close()


@dataclass
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str


@dataclass
class Home:
    """The files of one user, who has no keyring unless told otherwise."""

    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.folder / "config" / "config.toml"
        self.environment = {
            "CLOUDFS_CONFIG": os.fspath(self.config),
            "CLOUDFS_CACHE_DIR": os.fspath(self.folder / "cache"),
            "CLOUDFS_STATE_DIR": os.fspath(self.folder / "state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def write(self, text: str, mode: int = 0o600) -> None:
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(text)
        self.config.chmod(mode)

    def remote(self, name: str, **settings: Any) -> None:
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in settings.items()]
        self.write(f"[remotes.{name}]\n{''.join(lines)}")

    def table(self, name: str) -> dict[str, Any]:
        return tomllib.loads(self.config.read_text())["remotes"][name]

    def notes(self, name: str) -> dict[str, str]:
        path = self.folder / "state" / name / "notes.json"
        return json.loads(path.read_text()) if path.exists() else {}


class Terminal:
    """A command on a terminal, with somebody who types."""

    def __init__(self, home: Home, *words: str) -> None:
        self._ours, theirs = os.openpty()
        self.seen = ""
        self._read_to = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cloudfs", *words],
            env={**os.environ, **home.environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, then type."""
        self._wait(question)
        os.write(self._ours, f"{text}\n".encode())

    def secretly(self, question: str, text: str) -> None:
        """The same; what is typed must not come back."""
        self._wait(question)
        deadline = time.monotonic() + PATIENCE
        while termios.tcgetattr(self._ours)[3] & termios.ECHO:
            assert time.monotonic() < deadline, "the terminal shows what is typed"
            time.sleep(0.01)
        os.write(self._ours, f"{text}\n".encode())

    def end(self) -> int:
        """What is said until the command is over goes to `seen`."""
        while self._more():
            pass
        status = self._process.wait(PATIENCE)
        os.close(self._ours)
        return status

    def _wait(self, question: str) -> None:
        while question not in self.seen[self._read_to :]:
            assert self._more(), self.seen
        self._read_to += self.seen[self._read_to :].index(question) + len(question)

    def _more(self) -> bool:
        assert select.select([self._ours], [], [], PATIENCE)[0], self.seen
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # EIO: nobody has the other side open any more
            return False
        self.seen += data.decode()
        return bool(data)
