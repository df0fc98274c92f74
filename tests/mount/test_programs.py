"""Everyday programs on a drive of every service, read back from what is on the service.

A run takes about half a minute. A second round, which goes on with what was written and read
back, is for one service of each kind: addressed by paths, by ids, by keys. What a service refuses
by its nature is declared here: the programs do without it, and the drive must refuse it at once.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudfs.providers.registry import SERVICES
from tests.contract import s3_servers, webdav_servers
from tests.mount.machine import Cloud, Drive

Settings = dict[str, object]
MakeCloud = Callable[[str], Cloud]
MakeDrive = Callable[..., Drive]

SCRIPT = Path(__file__).parents[2] / "scripts" / "programs.py"

REFUSED = {  # characters of names, where the drive does not write them in another way
    "asuswebstorage": '\\:*?><;"|',  # reference 1.7
    "podspace": '\\?%*:|"<>',  # reference 1.8
}
SETTINGS: dict[str, Settings] = {
    "omnistor": {"names": "escape"},  # the same protocol: nothing is refused, then
}
GOES_ON = {"asuswebstorage", "cloudike", "rclone"}

pytestmark = [
    pytest.mark.timeout(600),  # on a machine that has much else to do
    pytest.mark.long,
]


def run(drive: Drive, path: str = "", *, once: bool, refused: str = "") -> None:
    drive.mount(path)
    done = subprocess.run(
        [sys.executable, SCRIPT, drive.path, "--remote", f"{drive.remote}:{path}",
         "--refused", refused, *(["--once"] if once else [])],
        env=drive.environment,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{drive.log[-3000:]}"
    assert "SKIPPED" not in done.stdout, done.stdout
    drive.umount()


@pytest.mark.parametrize("type_", ["asuswebstorage", "cloudike", "omnistor", "podspace"])
def test_on_emulated(make_cloud: MakeCloud, make_drive: MakeDrive, type_: str):
    drive = make_drive(make_cloud(type_), **SETTINGS.get(type_, {}))
    run(drive, once=type_ not in GOES_ON, refused=REFUSED.get(type_, ""))


def test_in_a_project_of_cloud689(make_cloud: MakeCloud, make_drive: MakeDrive):
    """The top folder holds nothing but projects (reference 1.2)."""
    drive = make_drive(make_cloud("cloud689"), projects="rw")
    drive.mount()
    (drive.path / "work").mkdir()
    drive.umount()
    run(drive, "work", once=True)


@pytest.mark.parametrize("start", [webdav_servers.wsgidav, webdav_servers.rclone])
def test_on_webdav(make_drive: MakeDrive, start: Callable[[], webdav_servers.Server]):
    with start().collection() as url:
        run(make_drive(None, type="webdav", url=url), once=start.__name__ not in GOES_ON)


@pytest.mark.parametrize(
    ("start", "settings"),
    [
        pytest.param(s3_servers.moto, {}, id="moto"),  # a folder is moved by mv, which copies it
        pytest.param(s3_servers.rclone, {"dir_rename": True}, id="rclone"),
    ],
)
def test_on_s3(make_drive: MakeDrive, start: Callable[[], s3_servers.Store], settings: Settings):
    store = start()
    keys = {"access_key": s3_servers.KEY, "secret_key": s3_servers.SECRET}
    drive = make_drive(None, type="s3", url=store.url, bucket=store.bucket(), **keys, **settings)
    run(drive, once=start.__name__ not in GOES_ON)


def test_no_service_is_left_out():
    here = {"asuswebstorage", "cloudike", "omnistor", "podspace", "cloud689", "webdav", "s3"}
    assert here == SERVICES.keys() - {"memory"}
