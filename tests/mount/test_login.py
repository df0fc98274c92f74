"""A login that is lost while the drive is mounted, and what `cloudfs login` does about it."""

import os
from collections.abc import Callable

import pytest

from tests.conftest import Announced
from tests.mount.machine import Cloud, Drive, wait_until


def lose_login(drive: Drive, cloud: Cloud) -> None:
    """The service takes neither the token nor, once, the password."""
    assert os.listdir(drive.path) == []
    cloud.ask("POST", "faults", {"kind": "status", "route": "login", "status": 401, "count": 1})
    cloud.ask("DELETE", "tokens")
    (drive.path / "f").write_text("kept")
    wait_until(lambda: "accept" in str(drive.status()["pending"]))


def test_login_repairs_a_drive_while_it_is_mounted(
    drive: Drive, own_cloud: Cloud, announce: Announced
):
    announce("does not accept")
    lose_login(drive, own_cloud)
    done = drive.command("flush", drive.path, "--timeout", "1", check=False)
    assert done.returncode == 1
    command = f"password_command=echo {own_cloud.account['password']}"
    said = drive.command("login", "own", "--set", command)
    assert f"the drive at {drive.path} goes on with it" in said.stdout
    drive.flush()
    assert drive.command("ls", "own:").stdout.split() == ["f"]
    (drive.path / "g").write_text("and on")
    drive.flush()
    assert sorted(os.listdir(drive.path)) == ["f", "g"]


def test_login_changes_no_mount_into_another_account(
    drive: Drive, own_cloud: Cloud, make_drive: Callable[..., Drive]
):
    own_cloud.ask("POST", "accounts", {"login": "ann@example.com", "password": "another"})
    (drive.path / "f").write_text("mine")
    drive.flush()
    command = ["login", "own", "--set", "username=ann@example.com", "--set"]
    done = drive.command(*command, "password_command=echo another", check=False)
    assert done.returncode == 1
    assert "more than the login has changed" in done.stderr
    assert (drive.path / "f").read_text() == "mine"
    (drive.path / "g").write_text("mine, too")
    drive.flush()
    assert drive.status()["refused"] == 0


@pytest.mark.parametrize("times", [1, 2])
def test_a_login_that_still_works_does_no_harm(drive: Drive, times: int):
    (drive.path / "f").write_text("x" * 100_000)
    with (drive.path / "f").open("rb") as open_file:
        assert open_file.read(10) == b"x" * 10
        for _ in range(times):
            drive.command("login", "own")
        assert open_file.read() == b"x" * 99_990
    drive.flush()
