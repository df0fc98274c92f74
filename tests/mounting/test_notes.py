"""Notes that several processes share: nothing that one of them wrote is lost."""

import fcntl
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cloudfs.mounting import notes as notes_module
from cloudfs.mounting.notes import Notes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.json"


def test_notes_are_there_again_in_a_later_process(path: Path):
    notes = Notes(path)
    notes["token"] = "t\u00e9\udcff"
    notes["server"] = "s"
    del notes["server"]
    notes.update(a="1", b="2")
    assert dict(Notes(path)) == {"token": "t\u00e9\udcff", "a": "1", "b": "2"}
    assert len(Notes(path)) == 3


def test_notes_are_for_their_owner_only(path: Path):
    old = os.umask(0)
    try:
        Notes(path)["token"] = "secret"
    finally:
        os.umask(old)
    assert {p.name for p in path.parent.iterdir()} == {"notes.json", "notes.lock"}
    for left in path.parent.iterdir():
        assert stat.S_IMODE(left.stat().st_mode) == 0o600


def test_what_is_not_there_cannot_be_read_or_removed(path: Path):
    notes = Notes(path)
    with pytest.raises(KeyError):
        notes["token"]
    with pytest.raises(KeyError):
        del notes["token"]
    assert notes.get("token") is None
    assert not path.exists()


def test_all_notes_can_be_forgotten(path: Path):
    notes = Notes(path)
    notes.update(a="1", b="2")
    notes.clear()
    assert dict(Notes(path)) == {}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '"text"', "\xff"])
def test_a_broken_file_is_none_and_is_written_anew(text: str, path: Path):
    path.write_bytes(text.encode("latin-1"))
    notes = Notes(path)
    assert dict(notes) == {}
    notes["a"] = "1"
    assert dict(Notes(path)) == {"a": "1"}


def test_values_of_other_types_become_text(path: Path):
    path.write_text(json.dumps({"until": 5, "x": None}))
    assert dict(Notes(path)) == {"until": "5", "x": "None"}


def test_a_crash_while_writing_leaves_the_old_notes(path: Path, monkeypatch: pytest.MonkeyPatch):
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    notes = Notes(path)
    notes["a"] = "1"
    monkeypatch.setattr(notes_module.json, "dump", crash)
    with pytest.raises(KeyboardInterrupt):
        notes["a"] = "2"
    assert dict(Notes(path)) == {"a": "1"}


def test_notes_that_cannot_be_written_still_hold_in_this_process(path: Path, announce):
    announce("cannot be written")
    notes = Notes(path)
    notes["a"] = "1"
    path.with_suffix(".new").mkdir()
    notes["a"] = "2"
    assert notes["a"] == "2"
    assert dict(Notes(path)) == {"a": "1"}


def test_what_is_the_same_is_not_written_again(path: Path):
    notes = Notes(path)
    notes["a"] = "1"
    before = path.stat().st_ino
    notes["a"] = "1"
    assert path.stat().st_ino == before


# Two processes ----------------------------------------------------------------------------------


def test_two_who_write_keep_each_others_notes(path: Path):
    mount, command = Notes(path), Notes(path)
    mount["token"] = "a"
    command["bin"] = "b"
    mount["place"] = "c"
    del command["token"]
    assert dict(mount) == dict(command) == dict(Notes(path)) == {"bin": "b", "place": "c"}


def test_what_another_process_wrote_is_seen_at_once(path: Path):
    mount, command = Notes(path), Notes(path)
    assert mount.get("token") is None
    command["token"] = "a"
    assert mount["token"] == "a"
    command["token"] = "b"  # as long as before
    assert mount["token"] == "b"
    assert "token" in mount
    del command["token"]
    assert len(mount) == 0
    with pytest.raises(KeyError):
        del mount["token"]


WRITER = """
import sys
from pathlib import Path
from cloudfs.mounting.notes import Notes
notes = Notes(Path(sys.argv[1]))
print(flush=True)
sys.stdin.readline()
for number in range(50):
    notes[f"{sys.argv[2]}{number}"] = "x"
"""


def test_processes_that_write_at_the_same_time_lose_nothing(path: Path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        writer.communicate("go\n", timeout=60)
        assert writer.returncode == 0
    assert set(Notes(path)) == {f"{name}{number}" for name in "ab" for number in range(50)}


def test_what_could_not_be_written_is_written_with_the_next_change(path: Path, announce):
    announce("cannot be written")
    notes = Notes(path)
    path.with_suffix(".new").mkdir()
    notes["token"] = "a"
    path.with_suffix(".new").rmdir()
    Notes(path)["other"] = "b"
    assert dict(notes) == {"token": "a", "other": "b"}
    notes["more"] = "c"
    assert dict(Notes(path)) == {"token": "a", "other": "b", "more": "c"}


def test_a_process_that_is_stuck_while_writing_holds_nobody_up(
    path: Path, announce, monkeypatch: pytest.MonkeyPatch
):
    announce("cannot be written")
    monkeypatch.setattr(notes_module, "LONGEST_WAIT", 0.05)
    with path.with_suffix(".lock").open("w") as stuck:
        fcntl.flock(stuck, fcntl.LOCK_EX)
        notes = Notes(path)
        notes["token"] = "a"
    assert notes["token"] == "a"
    assert not path.exists()


@pytest.mark.parametrize("damage", ["", "{", "[1]"])
def test_a_file_that_is_damaged_later_takes_nothing_away(damage: str, path: Path):
    notes = Notes(path)
    notes["token"] = "a"
    path.write_text(damage)
    assert notes["token"] == "a"
    notes["other"] = "b"
    assert dict(Notes(path)) == {"token": "a", "other": "b"}


def test_a_drive_that_is_still_mounted_does_not_mix_with_another_login(path: Path):
    mount = Notes(path)
    mount.update(account="old", token="old")
    login = Notes(path)
    login.clear()
    login.update(account="new", token="new")
    assert mount["token"] == "old"
    mount["token"] = "renewed"
    assert dict(mount) == {"account": "old", "token": "renewed"}
    assert dict(login) == dict(Notes(path)) == {"account": "new", "token": "new"}
    mount.clear()  # it is given the new login, or another one
    mount["account"] = "third"
    assert dict(Notes(path)) == {"account": "third"}


def test_the_first_two_of_a_remote_share_their_notes(path: Path):
    both = Notes(path), Notes(path)
    for notes in both:
        if notes.get("account") != "a":
            notes.clear()
            notes["account"] = "a"
    both[0]["token"] = "x"
    assert both[1]["token"] == "x"
