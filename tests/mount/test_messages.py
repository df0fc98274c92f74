"""What a person is told when something is wrong: one line, and what to do."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mount.machine import Cloud, Drive


def refusal(drive: Drive, *words: str | Path) -> str:
    """The one line that a command ends with."""
    done = drive.command(*words, check=False)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("cloudfs: ")
    assert "Traceback" not in done.stderr
    assert not drive.is_mounted()
    return line


@pytest.fixture
def offer(own_cloud: Cloud, make_drive: Callable[..., Drive]) -> Callable[..., Drive]:
    return lambda **settings: make_drive(own_cloud, **settings)


def test_wrong_password(offer):
    drive = offer(password="wrong")
    line = refusal(drive, "mount", "own:", drive.path)
    assert "password" in line
    assert "wrong" not in line.replace("wrong login", "").replace("wrong password", "")


def test_wrong_url(offer):
    drive = offer(url="http://127.0.0.1:1")
    line = refusal(drive, "mount", "own:", drive.path)
    assert (
        "the service cannot be reached: the server http://127.0.0.1:1 cannot be reached (" in line
    )
    assert "check the url" in line
    drive = offer(url="not a url")
    assert "https://" in refusal(drive, "mount", "own:", drive.path)
    drive = offer(url="http://example.com")
    assert "allow_insecure" in refusal(drive, "mount", "own:", drive.path)


def test_wrong_url_of_a_webdav_server(offer):
    drive = offer()
    settings = 'url = "http://127.0.0.1:1/dav/"\n'
    (drive.home / "config.toml").write_text(f'[remotes.own]\ntype = "webdav"\n{settings}')
    line = refusal(drive, "mount", "own:", drive.path)
    assert "the server http://127.0.0.1:1 cannot be reached (OPTIONS): " in line
    done = drive.command("ls", "own:", check=False)
    assert done.stderr.startswith("cloudfs: the server http://127.0.0.1:1 cannot be reached (OPT")


def test_secret_told_twice(offer):
    drive = offer(password_command="echo x")
    line = refusal(drive, "mount", "own:", drive.path)
    assert "both password and password_command: remove one of them" in line


def test_missing_mount_point(offer):
    drive = offer()
    line = refusal(drive, "mount", "own:", drive.home / "nowhere")
    assert "mkdir -p" in line


def test_mount_point_not_empty(offer):
    drive = offer()
    (drive.path / "something").touch()
    assert "not empty" in refusal(drive, "mount", "own:", drive.path)
    (drive.path / "something").unlink()


def test_unknown_remote(offer):
    drive = offer()
    line = refusal(drive, "mount", "other:", drive.path)
    assert "own" in line
    assert "cloudfs login other" in line


def test_unknown_path(offer):
    drive = offer()

    assert "there is no /no" in refusal(drive, "mount", "own:no/such", drive.path)


def test_config_that_others_can_read(offer):
    drive = offer()
    (drive.home / "config.toml").chmod(0o644)
    assert "chmod 600" in refusal(drive, "mount", "own:", drive.path)


def test_config_with_mistakes(offer):
    drive = offer(pasword="x")
    assert "did you mean password?" in refusal(drive, "mount", "own:", drive.path)
    (drive.home / "config.toml").write_text("[remotes.own\n")
    assert "TOML" in refusal(drive, "mount", "own:", drive.path)
    (drive.home / "config.toml").write_text('[remotes.own]\ntype = "clowdike"\n')
    assert "cloudike" in refusal(drive, "mount", "own:", drive.path)


def test_unknown_mount_option(offer):
    drive = offer()
    line = refusal(drive, "mount", "own:", drive.path, "-o", "speed=11")
    assert "metadata_ttl" in line


def test_libfuse_missing(offer, tmp_path: Path):
    drive = offer()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "pyfuse3.py").write_text(
        "raise ImportError('libfuse3.so.3: cannot open shared object file')\n"
    )
    drive.environment["PYTHONPATH"] = os.fspath(broken)
    assert "apt install fuse3" in refusal(drive, "mount", "own:", drive.path)


def test_nothing_mounted_there(offer):
    drive = offer()
    assert "no drive is mounted" in refusal(drive, "umount", drive.path)
    assert "no drive is mounted" in refusal(drive, "flush", drive.path)


def test_verbose_shows_where_it_comes_from(offer):
    drive = offer()
    done = drive.command("mount", "other:", drive.path, "--verbose", check=False)
    assert "Traceback" in done.stderr
