"""Everyday programs on a drive, read back from what is on the service."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import webdav_servers
from tests.mount.machine import Cloud, Drive

SCRIPT = Path(__file__).parents[2] / "scripts" / "programs.py"


def run(drive: Drive) -> None:
    drive.mount()
    done = subprocess.run(
        [sys.executable, SCRIPT, drive.path, "--remote", f"{drive.remote}:"],
        env=drive.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout, done.stdout
    drive.umount()


@pytest.mark.timeout(300)
def test_on_cloudike(own_cloud: Cloud, make_drive: Callable[..., Drive]):
    run(make_drive(own_cloud))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", [webdav_servers.wsgidav, webdav_servers.rclone])
def test_on_webdav(machine: None, tmp_path: Path, start: Callable[[], webdav_servers.Server]):
    with start().collection() as url:
        drive = Drive(tmp_path / "dav", "dav", {"type": "webdav", "url": url})
        try:
            run(drive)
        finally:
            drive.clean_up()
        assert not drive.surprises([])
