"""How warm, pin and unpin speak."""

import io
import json
import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudfs.cli import following, keeping
from cloudfs.cli.output import Done

ANSWER: dict[str, Any] = {
    "listed": True,
    "folders": 2,
    "files": 10,
    "files_done": 4,
    "bytes": 4 << 20,
    "bytes_done": 1 << 20,
    "left_out": 0,
    "bytes_left_out": 0,
    "failed": 0,
    "troubles": [],
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def mounts(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """Mounts at /a and /b, and what they answer; what they were asked is in "asked"."""
    answers: dict[str, list[dict[str, Any]]] = {"asked": []}

    def ask(state: Path, command: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        answers["asked"].append({"command": command, **parameters})
        yield from answers[state.name]

    monkeypatch.setattr(following, "ask", ask)
    monkeypatch.setattr(keeping, "state_of", lambda path: Path("/state") / path.split("/")[1])
    return answers


def arguments(*paths: str, **more: Any) -> Namespace:
    return Namespace(**{"paths": paths, "json": False, "no_wait": False, **more})


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((100, 25)))
    line = keeping.shown(ANSWER)
    assert line == "[######------------------]  25%  4 of 10 files, 1.0 MiB of 4.0 MiB"
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 25)))
    assert len(keeping.shown(ANSWER)) == 39


def test_elsewhere_there_is_a_plain_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert keeping.shown(ANSWER) == "4 of 10 files, 1.0 MiB of 4.0 MiB"
    assert keeping.shown({**ANSWER, "listed": False}).startswith("listing: 10 files in 2 folders")


def test_no_bytes_are_no_division_by_zero(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    assert "100%" in keeping.shown({**ANSWER, "bytes": 0, "bytes_done": 0})


def test_paths_in_several_mounts_are_asked_of_each(mounts, capsys: pytest.CaptureFixture[str]):
    mounts["a"] = [ANSWER, {"done": True, **ANSWER}]
    mounts["b"] = [{"done": True, **ANSWER}]
    keeping.warm(arguments("/a/x", "/b/y", "/a/z"))
    assert [asked["paths"] for asked in mounts["asked"]] == [["/a/x", "/a/z"], ["/b/y"]]
    assert capsys.readouterr().out == "8 files in 4 folders are here, 2.0 MiB\n"


def test_what_is_left_out_is_told_and_counts_as_failure(mounts, capsys):
    mounts["a"] = [{"done": True, **ANSWER, "left_out": 3, "bytes_left_out": 5 << 20}]
    with pytest.raises(Done) as done:
        keeping.warm(arguments("/a"))
    assert done.value.status == 1
    assert "3 files (5.0 MiB) do not fit into the disk cache" in capsys.readouterr().err


def test_troubles_are_told_and_the_rest_is_counted(mounts, capsys):
    mounts["a"] = [{"done": True, **ANSWER, "failed": 3, "troubles": ["/x: gone\x1b[2J"]}]
    with pytest.raises(Done):
        keeping.warm(arguments("/a"))
    err = capsys.readouterr().err
    assert "/x: gone" in err
    assert "\x1b[2J" not in err
    assert "and 2 more" in err


def test_programs_get_json(mounts, capsys):
    mounts["a"] = [{"done": True, **ANSWER, "pinned": ["/d"]}]
    keeping.pin(arguments("/a/d", json=True, no_wait=True))
    told = json.loads(capsys.readouterr().out)
    assert told["pinned"] == ["/d"]
    assert told["files"] == 10
    assert mounts["asked"][0]["wait"] is False


def test_a_refusal_is_one_line(mounts, capsys):
    mounts["a"] = [{"done": True, "error": "pinned files would take too much"}]
    with pytest.raises(Done) as done:
        keeping.pin(arguments("/a/d"))
    assert done.value.status == 1
    assert capsys.readouterr().err == "cloudfs: pinned files would take too much\n"


def test_unpinning_lists_what_was_and_what_could_not_be(mounts, capsys):
    mounts["a"] = [{"done": True, "unpinned": ["/d"], "troubles": ["/e is not pinned"]}]
    with pytest.raises(Done):
        keeping.unpin(arguments("/a/d", "/a/e"))
    told = capsys.readouterr()
    assert told.out == "/d is not pinned any more\n"
    assert told.err == "cloudfs: /e is not pinned\n"
