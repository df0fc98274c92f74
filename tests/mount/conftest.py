import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Announced
from tests.mount.machine import Cloud, Drive, missing

lacking = missing()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if lacking is None or os.environ.get("CI"):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"{lacking} is missing on this machine"))


@pytest.fixture(scope="session")
def machine() -> None:
    assert lacking is None, f"{lacking} is missing: real mounts cannot be tested"


@pytest.fixture(scope="session")
def cloud(machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cloud for all tests; they use folders of their own in it."""
    cloud = Cloud(tmp_path_factory.mktemp("cloud"))
    cloud.start()
    yield cloud
    cloud.kill()


@pytest.fixture(scope="session")
def shared_drive(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    drive = Drive(tmp_path_factory.mktemp("drive"), "shared", {"type": "cloudike", **cloud.account})
    drive.mount()
    yield drive
    drive.umount()
    assert not drive.surprises([])


@pytest.fixture
def folder(shared_drive: Drive, request: pytest.FixtureRequest) -> Path:
    """A folder on a drive, for one test."""
    path = shared_drive.path / f"{request.path.stem}-{request.node.name}"[:200]
    path.mkdir()
    return path


@pytest.fixture
def make_cloud(machine: None, tmp_path: Path) -> Iterator[Callable[[str], Cloud]]:
    """Emulated services for one test, by their type."""
    clouds: list[Cloud] = []

    def make(type_: str) -> Cloud:
        cloud = Cloud(tmp_path / f"cloud-{len(clouds)}", type_)
        clouds.append(cloud)
        cloud.start()
        return cloud

    yield make
    for cloud in clouds:
        cloud.kill()


@pytest.fixture
def own_cloud(make_cloud: Callable[[str], Cloud]) -> Cloud:
    """A cloud for one test, which may do to it what it likes."""
    return make_cloud("cloudike")


@pytest.fixture
def make_drive(
    make_cloud: Callable[[str], Cloud], tmp_path: Path, announce: Announced
) -> Iterator[Callable[..., Drive]]:
    """Drives for one test: ``make_drive(cloud or None, "name", settings...)``."""
    drives: list[Drive] = []

    def make(cloud: Cloud | None, name: str = "own", **settings: object) -> Drive:
        table = {} if cloud is None else {"type": cloud.type, **cloud.account}
        drive = Drive(tmp_path / name, name, {**table, **settings})
        drives.append(drive)
        return drive

    yield make
    for drive in drives:
        drive.clean_up()
        assert not drive.surprises(announce.texts), drive.home


@pytest.fixture
def drive(own_cloud: Cloud, make_drive: Callable[..., Drive]) -> Drive:
    """A mounted drive for one test."""
    drive = make_drive(own_cloud)
    drive.mount()
    return drive
