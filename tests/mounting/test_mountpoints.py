import os
import threading
from errno import EIO, ENOTCONN
from pathlib import Path

import pytest

from cloudfs.errors import ConfigError
from cloudfs.mounting import mountpoints
from cloudfs.mounting.mountpoints import CONTROL, check_fuse, control_folder, is_dead, prepare

# Fit to be mounted on ---------------------------------------------------------------------------


def test_an_empty_folder_is_fit(tmp_path: Path):
    prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_refused_with_how_to_make_it(tmp_path: Path):
    with pytest.raises(ConfigError, match=f"does not exist; run: mkdir -p {tmp_path}/missing"):
        prepare(tmp_path / "missing")


def test_the_advice_can_be_pasted_into_a_shell(tmp_path: Path):
    with pytest.raises(ConfigError) as caught:
        prepare(tmp_path / "my drive")
    assert f"mkdir -p '{tmp_path}/my drive'" in str(caught.value)


def test_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is not a folder; choose an empty folder"):
        prepare(tmp_path / "file")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is not empty; choose an empty folder"):
        prepare(tmp_path)


def test_what_is_a_mount_point_already_is_refused():
    with pytest.raises(ConfigError, match="something is mounted on /proc already; unmount it"):
        prepare(Path("/proc"))


class Listing:
    """os.listdir that fails as told, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failure: OSError) -> None:
        self._failure: OSError | None = failure
        monkeypatch.setattr(mountpoints.os, "listdir", self)

    def __call__(self, _: Path) -> list[str]:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        return []


def test_a_folder_that_may_not_be_entered_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    Listing(monkeypatch, PermissionError())
    with pytest.raises(ConfigError, match="may not be entered by you"):
        prepare(tmp_path)


def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    Listing(monkeypatch, OSError(EIO, "Input/output error"))
    with pytest.raises(ConfigError, match="cannot be used: Input/output error"):
        prepare(tmp_path)


def test_what_a_dead_process_left_behind_is_removed_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: "Programs"
):
    Listing(monkeypatch, OSError(ENOTCONN, "Transport endpoint is not connected"))
    prepare(tmp_path)
    assert programs.calls == [f"fusermount3 -u -z -- {tmp_path}"]


# This machine -----------------------------------------------------------------------------------


def test_without_the_kernels_part_the_advice_is_to_load_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(ConfigError, match="modprobe fuse"):
        check_fuse()


def test_without_its_program_the_advice_is_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(mountpoints.shutil, "which", lambda _: None)
    monkeypatch.setattr(mountpoints.os, "geteuid", lambda: 1000)
    with pytest.raises(ConfigError, match="apt install fuse3"):
        check_fuse()
    monkeypatch.setattr(mountpoints.os, "geteuid", lambda: 0)
    check_fuse()


# Unmounting -------------------------------------------------------------------------------------


class Programs:
    """Programs that note how they are called, and end as told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "calls"
        self._log.write_text("")

    def install(self, name: str, *, status: int = 0, message: str = "") -> None:
        path = self._folder / name
        path.write_text(
            f'#!/bin/sh\necho "{name} $*" >> "{self._log}"\necho "{message}" >&2\nexit {status}\n'
        )
        path.chmod(0o755)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines()


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setenv("PATH", str(folder))
    found = Programs(folder)
    found.install("fusermount3")
    found.install("umount")
    return found


def test_unmounting_asks_the_program_for_it(tmp_path: Path, programs: Programs):
    assert mountpoints.unmount(tmp_path) is None
    mountpoints.detach(tmp_path)
    assert programs.calls == [f"fusermount3 -u -- {tmp_path}", f"fusermount3 -u -z -- {tmp_path}"]


def test_without_that_program_the_systems_own_is_asked(tmp_path: Path, programs: Programs):
    programs.remove("fusermount3")
    assert mountpoints.unmount(tmp_path) is None
    mountpoints.detach(tmp_path)
    assert programs.calls == [f"umount -- {tmp_path}", f"umount -l -- {tmp_path}"]


def test_without_any_program_the_advice_is_to_install_one(tmp_path: Path, programs: Programs):
    programs.remove("fusermount3")
    programs.remove("umount")
    assert "apt install fuse3" in str(mountpoints.unmount(tmp_path))


def test_why_it_is_impossible_is_told_in_the_programs_words(programs: Programs):
    programs.install("fusermount3", status=1, message="fusermount3: failed: Device busy")
    assert mountpoints.unmount(Path("/proc")) == "fusermount3: failed: Device busy"
    programs.install("fusermount3", status=1)
    assert "fusermount3 failed" in str(mountpoints.unmount(Path("/proc")))


def test_what_is_not_mounted_any_more_is_unmounted(tmp_path: Path, programs: Programs):
    programs.install("fusermount3", status=1, message="not found in /etc/mtab")
    assert mountpoints.unmount(tmp_path) is None


# Alive or dead ----------------------------------------------------------------------------------


def test_a_plain_folder_is_no_mount_and_a_mount_point_is(tmp_path: Path):
    assert not mountpoints.is_mount(tmp_path)
    assert mountpoints.is_mount(Path("/proc"))
    assert not is_dead(tmp_path)
    assert not is_dead(tmp_path / "missing")
    assert not mountpoints.is_mount(tmp_path / "missing")


def test_a_mount_whose_process_is_gone_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = os.stat

    def stat(path: Path, *args: object, **kwargs: object) -> os.stat_result:
        if path == tmp_path:
            raise OSError(ENOTCONN, "Transport endpoint is not connected")
        return real(path, *args, **kwargs)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(mountpoints.os, "stat", stat)
    assert is_dead(tmp_path)
    assert mountpoints.is_mount(tmp_path)


def test_a_mount_tells_where_its_process_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def getxattr(path: Path, name: str) -> bytes:
        assert (path, name) == (tmp_path, CONTROL)
        return os.fsencode("/state/w\udcffrk")

    monkeypatch.setattr(mountpoints.os, "getxattr", getxattr)
    assert control_folder(tmp_path) == Path("/state/w\udcffrk")


def test_what_is_no_mount_of_ours_tells_nothing(tmp_path: Path):
    assert control_folder(tmp_path) is None
    assert control_folder(tmp_path / "missing") is None
    assert control_folder(Path("/proc")) is None


def test_a_mount_that_hangs_is_given_up_with_how_to_detach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answered = threading.Event()
    monkeypatch.setattr(mountpoints.os, "getxattr", lambda *_: answered.wait())
    monkeypatch.setattr(mountpoints, "PROBE_TIMEOUT", 0.05)
    try:
        with pytest.raises(ConfigError, match=f"its process hangs.*fusermount3 -uz {tmp_path}"):
            control_folder(tmp_path)
    finally:
        answered.set()
