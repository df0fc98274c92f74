"""Commands for the service's own features, given a path inside a mounted drive."""

import json
import os
from collections.abc import Callable

import pytest

from tests.mount.machine import Cloud, Drive


@pytest.fixture
def drive(make_cloud: Callable[[str], Cloud], make_drive: Callable[..., Drive]) -> Drive:
    drive = make_drive(make_cloud("podspace"))
    drive.mount("")
    return drive


def test_a_path_in_a_drive_is_as_good_as_the_path_on_the_service(drive: Drive):
    os.makedirs(drive.path / "a/b")
    path = drive.path / "a/b/f.txt"
    for text in ("one", "two!"):
        path.write_text(text)
        drive.flush()
    found = json.loads(drive.command("versions", "list", path, "--json").stdout)
    assert found == json.loads(drive.command("versions", "list", "own:a/b/f.txt", "--json").stdout)
    assert [version["size"] for version in found] == [4, 3]
    assert drive.command("share", "create", path).stdout.startswith("https://")
    said = drive.command("cp", path, drive.path / "a/copy.txt")
    assert said.stdout == "/a/copy.txt\n"
    assert drive.command("ls", "own:a").stdout == "b/\ncopy.txt\n"


def test_in_a_drive_of_a_folder_paths_are_those_of_the_folder(
    make_cloud: Callable[[str], Cloud], make_drive: Callable[..., Drive], drive: Drive
):
    os.makedirs(drive.path / "inner")
    (drive.path / "inner/f").write_text("x")
    drive.flush()
    drive.umount()
    inner = make_drive(None, "inner", **drive.settings)
    inner.mount("inner")
    found = json.loads(inner.command("versions", "list", inner.path / "f", "--json").stdout)
    assert [version["size"] for version in found] == [1]


def test_what_the_service_does_not_have_yet_is_told(
    make_cloud: Callable[[str], Cloud], make_drive: Callable[..., Drive]
):
    drive = make_drive(make_cloud("podspace"))
    drive.options = ["hold_back=600"]
    drive.mount("")
    path = drive.path / "new"
    path.write_text("x")
    said = drive.command("versions", "list", path, check=False)
    assert (said.returncode, "is not on the service yet" in said.stderr) == (2, True)
    drive.flush()
    path.write_text("xy")
    said = drive.command("versions", "list", path, "--json")
    assert [version["size"] for version in json.loads(said.stdout)] == [1]
    assert "has changes that the service does not have yet" in said.stderr


def test_a_path_that_is_in_no_drive_is_refused(drive: Drive):
    said = drive.command("versions", "list", drive.home, check=False)
    assert (said.returncode, "no drive is mounted at" in said.stderr) == (2, True)
