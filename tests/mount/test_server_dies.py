"""The server goes away: programs get an errno in time, the mount stays, nothing is lost."""

import os
import random
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.mount.machine import Cloud, Drive, wait_until

DEADLINE = 30.0


def timed(seconds: float):
    class Timed:
        def __enter__(self) -> None:
            self.began = time.monotonic()

        def __exit__(self, *_: object) -> None:
            assert time.monotonic() - self.began < seconds

    return Timed()


def make_files(folder: Path, count: int, size: int) -> None:
    chance = random.Random(5)
    folder.mkdir()
    for number in range(count):
        (folder / f"f{number:03}").write_bytes(chance.randbytes(size))


def kill_and_stay_down(cloud: Cloud) -> None:
    cloud.kill()


def stall(cloud: Cloud) -> None:
    cloud.ask("POST", "faults", {"kind": "stall", "seconds": 600})


@pytest.mark.parametrize("trouble", [kill_and_stay_down, stall])
@pytest.mark.timeout(300)
def test_a_read_fails_in_time_and_works_again_later(drive: Drive, own_cloud: Cloud, trouble):
    (drive.path / "f").write_bytes(b"x" * 3_000_000)
    drive.umount()
    drive.delete_cache()
    drive.mount()
    assert os.listdir(drive.path) == ["f"]
    trouble(own_cloud)
    with timed(DEADLINE), pytest.raises(OSError):
        (drive.path / "f").read_bytes()
    assert drive.is_mounted()
    assert os.listdir(drive.path) == ["f"]
    if trouble is stall:
        own_cloud.kill()
    own_cloud.start()

    def readable() -> bool:
        try:
            return (drive.path / "f").read_bytes() == b"x" * 3_000_000
        except OSError:
            return False

    wait_until(readable)


@pytest.mark.timeout(300)
def test_ls_fails_in_time_and_works_again_later(drive: Drive, own_cloud: Cloud):
    for number in range(3):
        make_files(drive.path / f"d{number}", 3, 10)
    drive.umount()
    drive.delete_cache()
    drive.mount()
    assert len(os.listdir(drive.path)) == 3
    own_cloud.kill()
    with timed(3 * DEADLINE):
        done = subprocess.run(["ls", "-R", drive.path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr
    with timed(DEADLINE), pytest.raises(OSError):
        os.listdir(drive.path / "d0")
    with timed(1):
        os.statvfs(drive.path)
    assert drive.is_mounted()
    own_cloud.start()

    def listed() -> int:
        done = subprocess.run(["ls", "-R", drive.path], capture_output=True, text=True, check=False)
        return done.stdout.count("f00")

    wait_until(lambda: listed() == 9)


@pytest.mark.timeout(300)
def test_what_cp_reported_as_copied_arrives(drive: Drive, own_cloud: Cloud, tmp_path: Path):
    source = tmp_path / "source"
    make_files(source, 200, 2000)
    (drive.path / "warm").touch()
    drive.flush()
    killer = threading.Thread(
        target=lambda: (wait_until((drive.path / "s" / "f050").exists), own_cloud.kill())
    )
    killer.start()
    with timed(DEADLINE * 2):
        done = subprocess.run(["cp", "-rv", source, drive.path / "s"], capture_output=True,
                              text=True, check=False)  # fmt: skip
    killer.join()
    copied = [line.split("'")[1] for line in done.stdout.splitlines() if "/f" in line]
    assert len(copied) >= 50
    assert drive.is_mounted()
    own_cloud.start()
    drive.flush()
    drive.umount()
    drive.delete_cache()
    drive.mount()
    for path in copied:
        name = Path(path).name
        assert (drive.path / "s" / name).read_bytes() == (source / name).read_bytes()
