#!/usr/bin/env python3
"""Lets everyday programs work on a mounted drive, and compares what they leave with a local copy.

    scripts/programs.py MOUNTPOINT [--remote NAME[:PATH]] [--refused CHARACTERS]

Each program does the same on the drive and in an ordinary folder: first it makes things, then it
works on what is there. With --remote the drive is flushed, unmounted, its cache deleted, and
mounted again after both, before the two are compared: what counts is what is on the service.
Names with a character of --refused are then not used, but must be refused by the drive. One line
is printed for each check; the exit status is 1 if any failed.
"""

import argparse
import errno
import hashlib
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

NAMES = [
    "two words", "quote ' and \" too", "-dash", "stra\u00dfe \u65e5\u672c", "emoji \U0001f680",
    "x" * 200, ".hidden", "percent%20sign", "plus+and&", "a.tar.gz", "comma, hash# and colon:",
]  # fmt: skip

Check = Callable[[Path, Path], None]


class Skipped(Exception):
    """A program that a check needs is not installed."""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    if shutil.which(str(command[0])) is None:
        raise Skipped(f"{command[0]} is not installed")
    environment = os.environ | {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent",
    }  # fmt: skip
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stdout[-800:]}")
    return done.stdout


def make_tree(folder: Path, names: list[str]) -> None:
    """90 small files, a large one, empty ones, and *names*."""
    chance = random.Random(7)
    folder.mkdir()
    for number in range(90):
        place = folder / f"d{number % 6}"
        place.mkdir(exist_ok=True)
        (place / f"file{number:03}.txt").write_bytes(chance.randbytes(chance.randrange(1, 3000)))
    (folder / "large.bin").write_bytes(chance.randbytes(8 << 20))
    (folder / "empty").write_bytes(b"")
    (folder / "empty folder").mkdir()
    strange = folder / "names"
    strange.mkdir()
    for name in names:
        (strange / name).write_text(name)
    (strange / "sub -dir").mkdir()
    for name in names[:5]:
        (strange / "sub -dir" / name).mkdir()
        (strange / "sub -dir" / name / "f").write_text(name)


def cp_r(drive: Path, local: Path) -> None:
    source = local.parents[1] / "source"
    for place in (drive, local):
        run("cp", "-r", source, place / "copied")


def cp_r_within(drive: Path, local: Path) -> None:
    for place in (drive, local):
        run("cp", "-r", place / "copied", place / "copied again")


def cp_a(drive: Path, local: Path) -> None:
    source = local.parents[1] / "archive-source"
    shutil.copytree(local.parents[1] / "source", source)
    (source / "script.sh").write_text("#!/bin/sh\necho hello\n")
    (source / "script.sh").chmod(0o755)
    (source / "secret").write_text("private")
    (source / "secret").chmod(0o600)
    (source / "link").symlink_to("d1/file001.txt")
    (source / "dangling").symlink_to("/no/where/at all")
    os.utime(source / "empty", ns=(10**18, 10**18 + 123456789))
    for place in (drive, local):
        run("cp", "-a", source, place / "archived")


def touch_and_chmod(drive: Path, local: Path) -> None:
    for place in (drive, local):
        archived = place / "archived"
        run(
            "touch", "-d", "2001-02-03 04:05:06.789", archived / "script.sh", archived / "large.bin"
        )
        run("chmod", "640", archived / "script.sh")
        run("mv", archived / "secret", archived / "moved secret")
        run("ln", "-sfn", "d2", archived / "link")
        run("cp", "-a", archived / "d1", archived / "d1 again")


def rsync_a(drive: Path, local: Path) -> None:
    source = local.parents[1] / "source"
    for place in (drive, local):
        run("rsync", "-a", f"{source}/", place / "synced")
    check_in_sync(source, drive / "synced")


def rsync_delete(drive: Path, local: Path) -> None:
    source = local.parents[1] / "source"
    check_in_sync(source, drive / "synced")
    changed = local.parents[1] / "changed-source"
    run("cp", "-a", source, changed)
    (changed / "d1").rename(changed / "e1")
    shutil.rmtree(changed / "d2")
    for number, path in enumerate(sorted((changed / "d3").iterdir())):
        if number % 3 == 0:
            path.unlink()
        elif number % 3 == 1:
            path.write_text(f"changed {number}")
    with (changed / "large.bin").open("r+b") as file:
        file.seek(5 << 20)
        file.write(b"changed")
    for place in (drive, local):
        run("rsync", "-a", "--delete", f"{changed}/", place / "synced")
    check_in_sync(changed, drive / "synced")


def check_in_sync(source: Path, there: Path) -> None:
    again = run("rsync", "-an", "--itemize-changes", f"{source}/", there)
    changed = [line for line in again.splitlines() if line[:2] in {">f", "cd", "<f"}]
    assert not changed, f"rsync would transfer again {changed[:3]}"


def tar_x(drive: Path, local: Path) -> None:
    archive = local.parents[1] / "source.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(local.parents[1] / "source", "unpacked")
    for place in (drive, local):
        run("tar", "xf", archive, "-C", place)


def tar_x_again(drive: Path, local: Path) -> None:
    archive = local.parents[1] / "source.tar"
    for place in (drive, local):
        (place / "unpacked" / "d1" / "file001.txt").write_text("the archive's comes back")
        run("tar", "cf", place / "packed.tar", "--sort=name", "--mtime=@0", "--mode=0",
            "--owner=a:1", "--group=a:1", "-C", place, "unpacked")  # fmt: skip
        run("tar", "xf", archive, "-C", place)


def git(drive: Path, local: Path) -> None:
    for place in (drive, local):
        project = place / "project"
        project.mkdir()
        run("git", "init", "-q", "-b", "main", cwd=project)
        for number in range(30):
            (project / f"f{number}").write_text(f"line {number}\n" * 50)
        run("git", "add", ".", cwd=project)
        run("git", "commit", "-qm", "first", cwd=project)
        (project / "f3").write_text("changed\n")
        run("git", "commit", "-qam", "second", cwd=project)
        run("git", "clone", "-q", project, place / "clone")
        run("git", "gc", "-q", cwd=project)


def git_again(drive: Path, local: Path) -> None:
    for place in (drive, local):
        project, clone = place / "project", place / "clone"
        run("git", "mv", "f5", "moved", cwd=project)
        run("git", "rm", "-q", "f6", cwd=project)
        (project / "f7").write_text("once more\n")
        run("git", "commit", "-qam", "third", cwd=project)
        run("git", "checkout", "-q", "HEAD~2", cwd=project)
        assert (project / "f3").read_text().startswith("line 3\n")
        run("git", "checkout", "-q", "main", cwd=project)
        run("git", "pull", "-q", cwd=clone)
        run("git", "branch", "-m", "Main", cwd=clone)
        run("git", "gc", "-q", "--prune=now", cwd=clone)


def sed_i(drive: Path, local: Path) -> None:
    for place in (drive, local):
        target = place / "sed.txt"
        if not target.exists():
            target.write_text("one\ntwo\nthree\n" * 100)
        for _ in range(3):
            run("sed", "-i", "s/two/2 2/;s/2 2 2/2/", target)
        run("sed", "-i", "$ a the end", target)


def vim_save(drive: Path, local: Path) -> None:
    for place in (drive, local):
        (place / "vim.txt").write_text("first line\n")
        vim(place / "vim.txt", "%s/first/second/\nwrite\nnormal Gothird line\nwrite\nquit\n")


def vim_save_again(drive: Path, local: Path) -> None:
    for place in (drive, local):
        for copying in ("yes", "no"):
            script = f"set backup backupcopy={copying}\n%s/line/row {copying} line/\nwrite\nquit\n"
            vim(place / "vim.txt", script)


def vim(target: Path, script: str) -> None:
    program = next((name for name in ("vim", "vim.basic", "vim.tiny") if shutil.which(name)), "vim")
    with tempfile.NamedTemporaryFile("w", suffix=".vim") as file:
        file.write(script)
        file.flush()
        run(program, "-u", "NONE", "-N", "-es", "-S", file.name, target)


def mv_folder(drive: Path, local: Path) -> None:
    source = local.parents[1] / "source"
    for place in (drive, local):
        shutil.copytree(source, place / "to move")
        (place / "into").mkdir()
        run("mv", place / "to move", place / "into")
        run("mv", place / "into" / "to move" / "large.bin", place / "into" / "moved.bin")


def mv_again(drive: Path, local: Path) -> None:
    for place in (drive, local):
        top = place / "into" / "to move"
        run("mv", top / "d1", place / "d1")
        run("mv", place / "d1" / "file001.txt", place / "d1" / "renamed")
        run("mv", "-f", top / "d2" / "file002.txt", top / "d2" / "file008.txt")
        run("mv", top / "d3" / "file003.txt", top / "d3" / "FILE003.txt")
        run("mv", top / "d4", top / "D4")
        (place / "empty").mkdir()
        run("mv", "-T", top / "d5", place / "empty")
        run("mv", top / "names", place / "names")
        run("mv", top / "empty folder", place / "names")
        swapped = [top / "d0" / name for name in ("file000.txt", "file006.txt", "aside")]
        for one, other in ((0, 2), (1, 0), (2, 1)):
            run("mv", swapped[one], swapped[other])
        run("mv", top, place / "moved")


def sqlite(drive: Path, local: Path) -> None:
    for place in (drive, local):
        fresh = not (place / "data.sqlite").exists()
        database = sqlite3.connect(place / "data.sqlite")
        if fresh:
            database.execute("CREATE TABLE t (x INTEGER, y TEXT)")
        for number in range(20):
            with database:
                database.execute("INSERT INTO t VALUES (?, ?)", (number, "y" * number * 10))
        with database:
            database.execute("DELETE FROM t WHERE x % 3 = 0")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.execute("VACUUM")
        database.close()


def write_within(drive: Path, local: Path) -> None:
    for place in (drive, local):
        target = place / "grows"
        if not target.exists():
            shutil.copy(local.parents[1] / "source" / "large.bin", target)
        run("sh", "-c", f"printf appended >> '{target}'")
        run("dd", "if=/bin/sh", f"of={target}", "bs=4096", "seek=700", "count=3", "conv=notrunc")
        run("cp", target, place / "shorter")
        run("truncate", "-s", "1234567", place / "shorter")
        run("truncate", "-s", "+100000", target)


def rm_rf(drive: Path, local: Path) -> None:
    for place in (drive, local):
        victim = place / "victim"
        for folder in range(12):
            (victim / f"d{folder}").mkdir(parents=True)
            for number in range(100):
                (victim / f"d{folder}" / f"f{number}").write_text(f"{number}")
        run("cp", "-r", victim / "d0", place / "kept")
        run("cp", "-r", victim / "d1", place / "partly")
        run("rm", "-rf", victim)
        assert not victim.exists()


def rm_rf_again(drive: Path, local: Path) -> None:
    for place in (drive, local):
        run("rm", "-rf", place / "kept")
        run("sh", "-c", f"cd '{place}/partly' && rm f1*")
        (place / "kept").mkdir()
        (place / "kept" / "f1").write_text("a new one of the name")
        (place / "partly" / "f1").mkdir()


def refusals(drive: Path, _: Path, *, refused: str) -> None:
    """Raise AssertionError unless names with a character of *refused* are EINVAL."""
    for name in [f"a{character}b" for character in refused]:
        try:
            (drive / name).write_text(name)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        else:
            raise AssertionError(f"{name!r} is not refused")
    assert not os.listdir(drive)


@dataclass(frozen=True)
class Program:
    """What a program makes, and what it does to what is there then."""

    name: str
    begin: Check
    go_on: Check = lambda _drive, _local: None
    exact: bool = False  # modes and times count, too

    @property
    def folder(self) -> str:
        return self.name.replace(" ", "-").replace(",", "")


PROGRAMS = [
    Program("cp -r", cp_r, cp_r_within),
    Program("cp -a, touch, chmod, ln -s", cp_a, touch_and_chmod, exact=True),
    Program("rsync -a, rsync -a --delete", rsync_a, rsync_delete),
    Program("tar x, tar c", tar_x, tar_x_again),
    Program("git init, add, commit, clone, gc, checkout, pull", git, git_again),
    Program("sed -i", sed_i, sed_i),
    Program("vim saves", vim_save, vim_save_again),
    Program("mv of files and folders", mv_folder, mv_again),
    Program("sqlite3 with its default journal", sqlite, sqlite),
    Program("append, dd, truncate", write_within, write_within),
    Program("rm -rf of 1200 files", rm_rf, rm_rf_again),
]


def compare(drive: Path, local: Path, *, exact: bool = False) -> None:
    """Raise AssertionError that names the first differences of two trees."""
    left, right = describe(drive, exact=exact), describe(local, exact=exact)
    problems = [f"missing {name!r}" for name in sorted(right.keys() - left.keys())]
    problems += [f"too much: {name!r}" for name in sorted(left.keys() - right.keys())]
    for name in sorted(left.keys() & right.keys()):
        if left[name] != right[name]:
            problems.append(f"{name!r} is {left[name]}, not {right[name]}")
    assert not problems, f"{len(problems)} differences: " + "; ".join(problems[:4])


def describe(top: Path, *, exact: bool) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for folder, names, files in os.walk(top):
        if ".git" in names:
            names.remove(".git")
            found[str(Path(folder).relative_to(top))] = ("repository", *history(Path(folder)))
        for name in names + files:
            path = Path(folder) / name
            found[str(path.relative_to(top))] = description(path, exact=exact)
    return found


def description(path: Path, *, exact: bool) -> tuple[object, ...]:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISDIR(status.st_mode):
        return ("folder",)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    if exact:
        return ("file", status.st_size, digest, oct(status.st_mode), status.st_mtime_ns)
    return ("file", status.st_size, digest)


def history(project: Path) -> list[str]:
    """What a repository holds, but for its files, which hold times."""
    run("git", "fsck", "--strict", cwd=project)
    assert run("git", "status", "--porcelain", cwd=project) == ""
    return run("git", "log", "--format=%T %s %D", cwd=project).splitlines()


def remount(remote: str, mountpoint: Path) -> None:
    """Let only what is on the service be left."""
    cloudfs = [sys.executable, "-m", "cloudfs"]
    subprocess.run([*cloudfs, "flush", mountpoint, "--timeout", "300"], check=True)
    subprocess.run([*cloudfs, "umount", mountpoint, "--timeout", "300"], check=True)
    cache = os.environ.get("CLOUDFS_CACHE_DIR") or Path.home() / ".cache" / "cloudfs"
    shutil.rmtree(Path(cache) / remote.partition(":")[0])
    subprocess.run([*cloudfs, "mount", remote, mountpoint], check=True)


class Trial:
    """Runs the checks, and counts the failures."""

    def __init__(
        self, drive: Path, local: Path, remount: Callable[[], None] | None, *, once: bool
    ) -> None:
        self._drive = drive
        self._local = local
        self._remount = remount
        self._once = once
        self.failed = 0

    def run(self, programs: list[Program]) -> None:
        programs = [program for program in programs if self._begin(program)]
        programs = self._after_remount(programs)
        if not self._once:
            programs = [program for program in programs if self._go_on(program)]
            self._after_remount(programs)

    def _begin(self, program: Program) -> bool:
        (self._drive / program.folder).mkdir()
        (self._local / program.folder).mkdir()
        return self._passes(program, "", program.begin)

    def _go_on(self, program: Program) -> bool:
        return self._passes(program, ", going on", program.go_on)

    def _after_remount(self, programs: list[Program]) -> list[Program]:
        if self._remount is None:
            return programs
        began = time.monotonic()
        self._remount()
        print(f"         flushed and mounted anew ({time.monotonic() - began:.1f} s)", flush=True)
        return [
            program
            for program in programs
            if self._passes(program, ", after the remount", lambda _drive, _local: None)
        ]

    def _passes(self, program: Program, when: str, check: Check) -> bool:
        drive, local = self._drive / program.folder, self._local / program.folder
        began = time.monotonic()
        try:
            check(drive, local)
            compare(drive, local, exact=program.exact)
        except Skipped as reason:
            print(f"SKIPPED  {program.name}{when}: {reason}", flush=True)
            return False
        except (AssertionError, OSError, sqlite3.Error) as error:
            self.failed += 1
            print(f"FAILED   {program.name}{when}: {error}", flush=True)
            return False
        print(f"ok       {program.name}{when} ({time.monotonic() - began:.1f} s)", flush=True)
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("mountpoint", type=Path)
    parser.add_argument("--remote", help="unmount and mount this again before comparing")
    parser.add_argument("--refused", default="", help="characters the service takes in no name")
    parser.add_argument("--once", action="store_true", help="do not go on with what was written")
    parser.add_argument("--only", default="", help="only programs whose name contains this")
    arguments = parser.parse_args()
    programs = [program for program in PROGRAMS if arguments.only in program.name]
    if arguments.refused:
        programs.append(Program("names", partial(refusals, refused=arguments.refused)))
    again = partial(remount, arguments.remote, arguments.mountpoint) if arguments.remote else None
    drive = arguments.mountpoint / f"programs-{os.getpid()}"
    drive.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "local"
        local.mkdir()
        taken = [name for name in NAMES if not set(name) & set(arguments.refused)]
        make_tree(Path(folder) / "source", taken)
        trial = Trial(drive, local, again, once=arguments.once)
        trial.run(programs)
    shutil.rmtree(drive, ignore_errors=True)
    print("all checks passed" if not trial.failed else f"{trial.failed} checks failed")
    return 1 if trial.failed else 0


if __name__ == "__main__":
    sys.exit(main())
