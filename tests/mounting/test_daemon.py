"""Each test forks from a small process of its own: this one has threads."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloudfs.mounting.daemon import LARGEST_LOG

SCRIPT = """
import json, logging, os, signal, sys, time
from pathlib import Path
from cloudfs.errors import ConfigError, NotFound
from cloudfs.mounting.daemon import BackgroundFailed, in_background

folder = Path(sys.argv[1])
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")

def alive():
    "Tell who I am, and live until told to end."
    (folder / "child").write_text(json.dumps({
        "pid": os.getpid(), "session": os.getsid(0), "cwd": os.getcwd(),
        "files": sorted(os.readlink(f"/proc/self/fd/{n}") for n in range(3)),
    }))
    while not (folder / "end").exists():
        time.sleep(0.01)

def work(ready):
WORK

try:
    in_background(work, folder / "log")
    print("ready")
except BackgroundFailed as error:
    print("failed:", error)
print("end of parent", os.getpid(), os.getsid(0))
"""


@dataclass
class Background:
    """What came of a process in the background."""

    folder: Path
    output: str = ""

    def run(self, work: str) -> str:
        """Run *work* in the background; returns what the parent said."""
        script = SCRIPT.replace("WORK", textwrap.indent(textwrap.dedent(work), "    "))
        done = subprocess.run(
            [sys.executable, "-c", script, str(self.folder)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        assert done.returncode == 0
        self.output = done.stdout
        return done.stdout.splitlines()[0]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def child(self) -> dict[str, object]:
        path = self.folder / "child"
        until(path.exists)
        until(lambda: bool(path.read_text()))
        found = json.loads(path.read_text())
        assert isinstance(found, dict)
        return found

    def end(self) -> None:
        """Let the child end, if there is one, and wait until it has."""
        (self.folder / "end").touch()
        if (self.folder / "child").exists():
            pid = self.child["pid"]
            until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in _state(pid))


def _state(pid: object) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def until(condition) -> None:
    """Wait for another process, which has no event to wait for."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Background]:
    background = Background(tmp_path)
    yield background
    background.end()


def test_the_parent_returns_when_the_work_is_ready(background: Background):
    assert background.run("ready()\nalive()") == "ready"
    child = background.child
    assert child["cwd"] == "/"
    assert child["files"] == sorted(["/dev/null", *[str(background.folder / "log")] * 2])
    parent = background.output.split()[-2:]
    assert str(child["pid"]) != parent[0]
    assert str(child["session"]) not in {parent[1], str(child["pid"])}, "it cannot get a terminal"


def test_the_parent_does_not_return_before(background: Background):
    said = background.run("(folder / 'mark').touch()\nready()\nalive()")
    assert said == "ready"
    assert (background.folder / "mark").exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("ConfigError('the mount point\\n  is not empty')", "the mount point is not empty"),
        ("NotFound('there is no /photos')", "there is no /photos"),
        ("PermissionError(13, 'Permission denied')", "[Errno 13] Permission denied"),
    ],
)
def test_a_failure_before_that_is_told_by_the_parent(
    error: str, reason: str, background: Background
):
    assert background.run(f"raise {error}") == f"failed: {reason}"
    assert "Traceback" not in background.log


def test_a_bug_is_told_with_where_to_read_more(background: Background):
    said = background.run("1 / 0")
    assert said == f"failed: ZeroDivisionError: division by zero (more in {background.folder}/log)"
    assert "Traceback" in background.log


def test_a_process_that_is_killed_is_told_as_dead(background: Background):
    said = background.run("os.kill(os.getpid(), signal.SIGKILL)")
    assert said == f"failed: the process has died; see {background.folder}/log"


def test_work_that_ends_without_a_word_is_told_as_dead(background: Background):
    assert background.run("return") == f"failed: the process has died; see {background.folder}/log"


@pytest.mark.parametrize("error", ["ConfigError('late')", "ZeroDivisionError('late')"])
def test_a_failure_after_that_is_logged(error: str, background: Background):
    assert background.run(f"ready()\nraise {error}") == "ready"
    until(lambda: "late" in background.log)
    assert "ERROR the mount has ended" in background.log
    assert "Traceback" in background.log


def test_what_the_process_prints_goes_to_its_log(background: Background):
    background.run(
        "print('said', flush=True)\nprint('complained', file=sys.stderr)\nready()\nalive()"
    )
    until(lambda: "said" in background.log)
    assert "complained" in background.log
    assert background.output.splitlines()[0] == "ready"
    assert (background.folder / "log").stat().st_mode & 0o777 == 0o600


def test_the_log_goes_on_where_it_ended(background: Background):
    (background.folder / "log").write_text("before\n")
    background.run("raise ConfigError('again')")
    assert background.log.startswith("before\n")
    assert "again" in background.log


def test_a_log_that_has_become_too_long_is_put_aside(background: Background):
    with (background.folder / "log").open("wb") as log:
        log.truncate(LARGEST_LOG + 1)
    background.run("raise ConfigError('again')")
    assert (background.folder / "log.old").stat().st_size == LARGEST_LOG + 1
    assert len(background.log) < 1000


def test_the_signal_that_ends_a_shell_does_not_reach_the_process(background: Background):
    background.run("ready()\nalive()")
    pid = background.child["pid"]
    assert isinstance(pid, int)
    assert os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, signal.SIGTERM)
    until(lambda: _state(pid) == "Z")
