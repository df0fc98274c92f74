"""What is pinned is here, whatever happens to the server; what is warmed need not be waited for."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mount.machine import Cloud, Drive, wait_until

PIN = "user.cloudfs.pin"
CONTENT = {"f": b"f" * 300_000, "below/g": os.urandom(3_000_000), "below/deeper/h": b"h"}


def fill(folder: Path) -> None:
    for name, data in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def pinned_state(drive: Drive) -> dict[str, int]:
    return drive.status()["pinned"]


@pytest.fixture
def two(own_cloud: Cloud, make_drive: Callable[..., Drive]) -> tuple[Drive, Drive]:
    """One drive that has put files there, and another one to read them."""
    one = make_drive(own_cloud, "one", metadata_ttl=1)
    one.mount()
    fill(one.path / "kept")
    (one.path / "other").write_bytes(b"other")
    one.flush()
    two = make_drive(own_cloud, "two", metadata_ttl=1)
    two.mount()
    return one, two


def test_a_pinned_folder_outlives_the_server_and_follows_it(
    own_cloud: Cloud, two: tuple[Drive, Drive]
):
    one, two_ = two
    told = two_.command("pin", two_.path / "kept")
    assert "/kept is pinned" in told.stdout
    assert "3 files" in told.stdout
    two_.umount()
    two_.mount()
    own_cloud.kill()
    for name, data in CONTENT.items():
        assert (two_.path / "kept" / name).read_bytes() == data
    own_cloud.start()
    (one.path / "kept" / "below" / "g").write_bytes(b"replaced" * 1000)
    (one.path / "kept" / "new").mkdir()
    (one.path / "kept" / "new" / "late").write_bytes(b"late")
    one.flush()
    names = (Path("below/g"), Path("new/late"))
    wait_until(lambda: all((two_.path / "kept" / name).exists() for name in names), 60)
    wait_until(lambda: (two_.path / "kept/below/g").stat().st_size == 8000, 60)
    wait_until(lambda: pinned_state(two_)["files"] == 4 and not pinned_state(two_)["missing"], 60)
    own_cloud.kill()
    assert (two_.path / "kept" / "below" / "g").read_bytes() == b"replaced" * 1000
    assert (two_.path / "kept" / "new" / "late").read_bytes() == b"late"
    own_cloud.start()


def test_the_attribute_pins_and_unpins(own_cloud: Cloud, two: tuple[Drive, Drive]):
    _, drive = two
    folder, below = drive.path / "kept", drive.path / "kept" / "below" / "g"
    with pytest.raises(OSError) as caught:
        os.getxattr(folder, PIN)
    assert caught.value.errno == errno.ENODATA
    os.setxattr(folder, PIN, b"1")
    assert os.getxattr(folder, PIN) == b"1"
    assert os.getxattr(below, PIN) == b"inherited"
    assert PIN in os.listxattr(below)
    wait_until(lambda: pinned_state(drive)["files"] == 3 and not pinned_state(drive)["missing"])
    with pytest.raises(OSError) as caught:
        os.removexattr(below, PIN)
    assert caught.value.errno == errno.EPERM
    refused = drive.command("unpin", below, check=False)
    assert refused.returncode == 1
    assert "/kept" in refused.stderr
    os.removexattr(folder, PIN)
    assert PIN not in os.listxattr(below)
    again = drive.command("unpin", folder, check=False)
    assert again.returncode == 1
    assert "is not pinned" in again.stderr


def test_what_was_warmed_is_read_without_the_server(own_cloud: Cloud, two: tuple[Drive, Drive]):
    _, drive = two
    told = json.loads(drive.command("warm", drive.path, "--json").stdout)
    assert told["files"] == told["files_done"] == 4
    assert told["bytes"] == told["bytes_done"] == sum(map(len, CONTENT.values())) + 5
    assert not told["troubles"]
    own_cloud.kill()
    for name, data in CONTENT.items():
        assert (drive.path / "kept" / name).read_bytes() == data
    assert "4 files in 4 folders" in drive.command("warm", drive.path).stdout
    own_cloud.start()


def test_a_path_that_is_not_there_is_told(drive: Drive, tmp_path: Path):
    for command in ("warm", "pin", "unpin"):
        told = drive.command(command, drive.path / "nowhere", check=False)
        assert told.returncode == 1
        assert "nowhere" in told.stderr
        assert drive.command(command, tmp_path / "outside", check=False).returncode == 2
