"""What the process of a mount writes down, even with --verbose, holds no secret."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudfs.emulators.registry import EMULATORS
from tests.mount.machine import Cloud, Drive
from tests.witness import SHORTEST, WHOLE_ADDRESS


def issued(cloud: Cloud) -> set[str]:
    """The tokens that an emulated service has handed out and not taken back."""
    (database,) = cloud.root.glob("*.sqlite")
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {token for (token,) in connection.execute("SELECT token FROM tokens")}
    finally:
        connection.close()


@pytest.mark.parametrize("type_", sorted(EMULATORS))
def test_a_verbose_log_holds_no_secret(
    make_cloud: Callable[[str], Cloud], make_drive: Callable[..., Drive], type_: str
):
    cloud = make_cloud(type_)
    drive = make_drive(cloud, **({"projects": "rw"} if type_ == "cloud689" else {}))
    drive.command("mount", "--verbose", "own:", drive.path)
    (drive.path / "d").mkdir()
    (drive.path / "d" / "f").write_bytes(b"x" * 100_000)
    drive.umount()
    drive.delete_cache()
    said = drive.command("mount", "--verbose", "own:", drive.path)
    assert (drive.path / "d" / "f").read_bytes() == b"x" * 100_000
    (drive.path / "d" / "f").unlink()
    drive.flush()
    said.stdout += drive.command("status", drive.path, "--json", "--verbose").stdout
    command_line = Path(f"/proc/{drive.pid}/cmdline").read_bytes().decode()
    names = {"password", "token", "refresh_token", "progkey"} & cloud.account.keys()
    told = issued(cloud) | {cloud.account[name] for name in names}
    secrets = {secret for secret in told if len(secret) >= SHORTEST}
    drive.umount()
    everything = drive.log + said.stdout + said.stderr + command_line
    assert "DEBUG cloudfs.http.client: " in drive.log
    assert " GET http://127.0.0.1:" in drive.log or " POST http://127.0.0.1:" in drive.log
    assert "httpcore" not in everything
    assert secrets
    assert not [secret for secret in secrets if secret in everything]
    assert not WHOLE_ADDRESS.findall(everything)


def test_what_is_kept_can_be_read_by_nobody_else(
    make_cloud: Callable[[str], Cloud], make_drive: Callable[..., Drive]
):
    """The log, the journal, tokens that outlive the process: all below folders of 0700."""
    drive = make_drive(make_cloud("cloudike"))
    old = os.umask(0)
    try:
        drive.mount()
    finally:
        os.umask(old)
    (drive.path / "f").write_bytes(b"x")
    drive.umount()
    tops = [drive.home / "state" / "own", drive.home / "cache" / "own"]
    assert [oct(top.stat().st_mode & 0o777) for top in tops] == ["0o700", "0o700"]
    kept = [path for top in tops for path in top.rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
