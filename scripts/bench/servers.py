"""The servers. Two were not written here; the third is our emulator of a service with signed links.

A server is started with what a folder of this machine holds. It tells what it holds itself,
past the line: that is how the benchmark knows when a change has arrived.
"""

import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from line import free_port, listens, wait_for

HERE = Path(__file__).resolve().parent
BUCKET = "bench"
KEY, SECRET = "benchmark", "not-a-secret"


def rclone() -> str:
    beside = Path(sys.executable).parent / "rclone"
    return str(beside) if beside.exists() else "rclone"


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Everything below a folder: relative paths, and where they are."""
    for found in sorted(folder.rglob("*")):
        yield found.relative_to(folder).as_posix(), found


class Server(ABC):
    """A running server; *home* is a new folder for it."""

    type: str
    keeps_folders = True  # are empty folders something that it can hold?
    pause = 0.02  # seconds between two looks at what it holds, at least

    # Changing: the ports of the server, the first of which contestants are told of.
    ports: tuple[int, ...]

    @abstractmethod
    def __init__(self, home: Path, content: Path) -> None:
        """Start it with what the folder *content* holds. The folder may be taken over."""

    @abstractmethod
    def cloudfs_settings(self, ports: Sequence[int]) -> Mapping[str, str]:
        """A remote's settings, when the server's ports are reached as *ports*."""

    def rclone_options(self, ports: Sequence[int]) -> list[str]:
        """What rclone is told."""
        raise NotImplementedError(f"rclone knows no {self.type}")

    @abstractmethod
    def holds(self) -> dict[str, int | None]:
        """The sizes of all files, by path; None for folders."""

    @abstractmethod
    def read(self, path: str) -> bytes | None:
        """The content of a file; None if it cannot be read past the service."""

    def behind(self, ports: Sequence[int]) -> None:  # noqa: B027 - most have nothing to do
        """From here on the server is reached through a line, as *ports*."""

    def requests(self) -> dict[str, int] | None:
        """How many requests of each kind were received; None: the line knows better."""
        return None

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    _process: subprocess.Popen[Any]


class WebDav(Server):
    """`rclone serve webdav`, on a folder."""

    type = "webdav"

    def __init__(self, home: Path, content: Path) -> None:
        del home
        self._folder = content
        self.ports = (free_port(),)
        address = f"127.0.0.1:{self.ports[0]}"
        # Nothing comes into the folder but through the server, so it may trust what it read of
        # folders. With --dir-cache-time 0s each change cost it 25 ms of CPU, and hid the clients.
        options = ["--addr", address, "--dir-cache-time", "1h", "--config", "/dev/null"]
        self._process = subprocess.Popen(
            [rclone(), "serve", "webdav", *options, content], stderr=subprocess.DEVNULL
        )
        wait_for(lambda: listens(self.ports[0]))

    def cloudfs_settings(self, ports: Sequence[int]) -> Mapping[str, str]:
        return {"url": f"http://127.0.0.1:{ports[0]}/"}

    def rclone_options(self, ports: Sequence[int]) -> list[str]:
        return [":webdav:", "--webdav-url", f"http://127.0.0.1:{ports[0]}"]

    def holds(self) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for path, place in walk(self._folder):
            try:
                found[path] = None if place.is_dir() else place.stat().st_size
            except FileNotFoundError:  # moved meanwhile
                continue
        return found

    def read(self, path: str) -> bytes | None:
        return (self._folder / path).read_bytes()


class S3(Server):
    """moto, behind a web server that keeps connections open, as stores do."""

    type = "s3"
    keeps_folders = False
    pause = 0.2

    def __init__(self, home: Path, content: Path) -> None:
        import boto3  # noqa: PLC0415 - only this server needs it
        from botocore.config import Config  # noqa: PLC0415 - the same

        self.ports = (free_port(),)
        log = (home / "moto.log").open("a")
        command = [sys.executable, HERE / "moto_server.py", str(self.ports[0])]
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(lambda: listens(self.ports[0]))
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.ports[0]}",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(proxies={}, max_pool_connections=8),
        )
        self._client.create_bucket(Bucket=BUCKET)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda item: self._put(*item), walk(content)))

    def _put(self, path: str, place: Path) -> None:
        if place.is_file():
            self._client.put_object(Bucket=BUCKET, Key=path, Body=place.read_bytes())
        elif not any(place.iterdir()):
            self._client.put_object(Bucket=BUCKET, Key=f"{path}/", Body=b"")

    def cloudfs_settings(self, ports: Sequence[int]) -> Mapping[str, str]:
        return {
            "url": f"http://127.0.0.1:{ports[0]}",
            "bucket": BUCKET,
            "access_key": KEY,
            "secret_key": SECRET,
        }

    def rclone_options(self, ports: Sequence[int]) -> list[str]:
        return [
            f":s3:{BUCKET}",
            "--s3-provider",
            "Other",
            "--s3-endpoint",
            f"http://127.0.0.1:{ports[0]}",
            "--s3-region",
            "us-east-1",
            "--s3-access-key-id",
            KEY,
            "--s3-secret-access-key",
            SECRET,
        ]

    def holds(self) -> dict[str, int | None]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        listed = [item for page in pages for item in page.get("Contents", ())]
        return {item["Key"]: item["Size"] for item in listed if not item["Key"].endswith("/")}

    def read(self, path: str) -> bytes | None:
        return self._client.get_object(Bucket=BUCKET, Key=path)["Body"].read()


class Cloudike(Server):
    """Our emulator: two origins, signed links, uploads in three requests."""

    type = "cloudike"
    pause = 0.2

    def __init__(self, home: Path, content: Path) -> None:
        from cloudfs.emulators.cloudike.emulator import CloudikeEmulator  # noqa: PLC0415 - the same

        root = home / "cloud"
        shutil.rmtree(root, ignore_errors=True)
        emulator = CloudikeEmulator(root)
        with emulator.store.transaction():
            for path, place in walk(content):
                if place.is_dir():
                    emulator.make_folder(f"/{path}")
                else:
                    emulator.write(f"/{path}", place.read_bytes())
        emulator.close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cloudfs", "serve", "cloudike", root],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        account = json.loads(self._process.stdout.readline())
        self._account = {name: account[name] for name in ("username", "password")}
        store = int((root / "store.port").read_text())
        self.ports = (int(account["url"].rpartition(":")[2]), store)

    def behind(self, ports: Sequence[int]) -> None:
        self._control("settings", {"store_url": f"http://127.0.0.1:{ports[1]}"})

    def cloudfs_settings(self, ports: Sequence[int]) -> Mapping[str, str]:
        return {"url": f"http://127.0.0.1:{ports[0]}", **self._account}

    def holds(self) -> dict[str, int | None]:
        found = self._control("tree")
        return {path.strip("/"): about and about["size"] for path, about in found.items()}

    def read(self, path: str) -> bytes | None:
        del path
        return None

    def requests(self) -> dict[str, int]:
        return self._control("counts")

    def _control(self, what: str, changes: Mapping[str, str] | None = None) -> Any:
        url = f"http://127.0.0.1:{self.ports[0]}/_emulator/{what}"
        body = None if changes is None else json.dumps(changes).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data=body)) as reply:
            return json.loads(reply.read())

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait()


SERVERS: dict[str, type[Server]] = {kind.type: kind for kind in (WebDav, S3, Cloudike)}
