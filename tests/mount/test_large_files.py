"""Large files: bounded memory, and no more requests than it takes."""

import hashlib
import os
import random
from pathlib import Path

import pytest

from tests.mount.machine import Cloud, Drive

SIZE = 512 << 20
PIECE = 1 << 20


def peak_memory(pid: int) -> int:
    """The most memory a process has had, in bytes (proc(5): VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def requests(cloud: Cloud) -> dict[str, int]:
    return cloud.ask("GET", "counts")


@pytest.mark.timeout(600)
def test_a_large_file_goes_in_and_out_within_bounds(drive: Drive, own_cloud: Cloud):
    chance = random.Random(11)
    block = chance.randbytes(8 << 20)
    digest = hashlib.sha256()
    with (drive.path / "large").open("wb") as file:
        for number in range(SIZE // len(block)):
            piece = block[number:] + block[:number]
            file.write(piece)
            digest.update(piece)
    drive.flush()
    assert peak_memory(drive.pid) < 300 << 20
    drive.umount()
    drive.delete_cache()
    drive.mount()

    assert (drive.path / "large").stat().st_size == SIZE
    own_cloud.ask("DELETE", "requests")
    with (drive.path / "large").open("rb") as file:
        file.seek(SIZE - 4096)
        end = file.read(4096)
    last = SIZE // len(block) - 1
    assert end == (block[last:] + block[:last])[-4096:]
    counts = requests(own_cloud)
    assert sum(counts.values()) == 2, counts  # one link, one range

    read = hashlib.sha256()
    with (drive.path / "large").open("rb") as file:
        while piece := file.read(PIECE):
            read.update(piece)
    assert read.digest() == digest.digest()
    assert peak_memory(drive.pid) < 300 << 20
    assert sum(requests(own_cloud).values()) < 100


def test_a_small_change_of_a_large_file_keeps_the_rest(drive: Drive):
    data = random.Random(12).randbytes(20 << 20)
    (drive.path / "f").write_bytes(data)
    drive.umount()
    drive.delete_cache()
    drive.mount()
    with (drive.path / "f").open("r+b") as file:
        file.seek(7 << 20)
        file.write(b"changed")
    drive.umount()
    drive.delete_cache()
    drive.mount()
    expected = data[: 7 << 20] + b"changed" + data[(7 << 20) + 7 :]
    assert (drive.path / "f").read_bytes() == expected
    assert os.listdir(drive.path) == ["f"]
