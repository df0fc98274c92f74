#!/usr/bin/env python3
"""Lets everyday programs work on a mounted drive, and compares what they leave with a local copy.

    scripts/programs.py MOUNTPOINT [--remote NAME[:PATH]] [--refused CHARACTERS]

Each check does the same on the drive and in an ordinary folder. With --remote the drive is then
flushed, unmounted, its cache deleted, and mounted again, before the two are compared: what counts
is what is on the service. Names with a character of --refused are then not used, but must be
refused by the drive. One line is printed for each check; the exit status is 1 if any failed.
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
from functools import partial
from pathlib import Path

NAMES = [
    "two words", "quote ' and \" too", "-dash", "stra\u00dfe \u65e5\u672c", "emoji \U0001f680",
    "x" * 200, ".hidden", "percent%20sign", "plus+and&", "a.tar.gz", "comma, hash# and colon:",
]  # fmt: skip
TIMES = 2  # seconds by which a folder's time may differ: services keep their own

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
    """150 small files, a large one, empty ones, and *names*."""
    chance = random.Random(7)
    folder.mkdir()
    for number in range(150):
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
    compare(drive / "archived", local / "archived", exact=True)


def rsync_a(drive: Path, local: Path) -> None:
    source = local.parents[1] / "source"
    for place in (drive, local):
        run("rsync", "-a", f"{source}/", place / "synced")
    again = run("rsync", "-a", "--itemize-changes", f"{source}/", drive / "synced")
    changed = [line for line in again.splitlines() if line[:2] in {">f", "cd", "<f"}]
    assert not changed, f"the second run transferred {changed[:3]}"


def tar_x(drive: Path, local: Path) -> None:
    archive = local.parents[1] / "source.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(local.parents[1] / "source", "unpacked")
    for place in (drive, local):
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
        run("git", "fsck", "--strict", cwd=project)
        run("git", "gc", "-q", cwd=project)
        assert run("git", "status", "--porcelain", cwd=project) == ""
        assert len(run("git", "log", "--oneline", cwd=place / "clone").splitlines()) == 2
        shutil.rmtree(project / ".git" / "logs")
    for place in (drive, local):  # packs and indexes hold times: compare what they mean
        for name in ("project", "clone"):
            run("git", "fsck", "--strict", cwd=place / name)
            shutil.rmtree(place / name / ".git")


def sed_i(drive: Path, local: Path) -> None:
    for place in (drive, local):
        target = place / "sed.txt"
        target.write_text("one\ntwo\nthree\n" * 100)
        for _ in range(3):
            run("sed", "-i", "s/two/2 2/;s/2 2 2/2/", target)


def vim_save(drive: Path, local: Path) -> None:
    vim = next((name for name in ("vim", "vim.basic", "vim.tiny") if shutil.which(name)), "vim")
    for place in (drive, local):
        target = place / "vim.txt"
        target.write_text("first line\n")
        script = local.parents[1] / "edit.vim"
        script.write_text("%s/first/second/\nwrite\nnormal Gothird line\nwrite\nquit\n")
        run(vim, "-u", "NONE", "-N", "-es", "-S", script, target)
        assert target.read_text().startswith("second line\n"), target.read_text()


def mv_folder(drive: Path, local: Path) -> None:
    source = local.parents[1] / "source"
    for place in (drive, local):
        shutil.copytree(source, place / "to move")
        (place / "into").mkdir()
        run("mv", place / "to move", place / "into")
        run("mv", place / "into" / "to move" / "large.bin", place / "into" / "moved.bin")


def sqlite(drive: Path, local: Path) -> None:
    for place in (drive, local):
        database = sqlite3.connect(place / "data.sqlite")
        database.execute("CREATE TABLE t (x INTEGER, y TEXT)")
        for number in range(20):
            with database:
                database.execute("INSERT INTO t VALUES (?, ?)", (number, "y" * number * 10))
        with database:
            database.execute("DELETE FROM t WHERE x % 3 = 0")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.execute("VACUUM")
        database.close()


def rm_rf(drive: Path, local: Path) -> None:
    for place in (drive, local):
        victim = place / "victim"
        for folder in range(12):
            (victim / f"d{folder}").mkdir(parents=True)
            for number in range(100):
                (victim / f"d{folder}" / f"f{number}").write_text(f"{number}")
        run("rm", "-rf", victim)
        assert not victim.exists()


def refusals(drive: Path, _: Path, *, refused: str) -> None:
    """Raise AssertionError unless names with a character of *refused* are EINVAL."""
    for name in [f"a{character}b" for character in refused]:
        try:
            (drive / name).write_text(name)
        except OSError as error:
            assert error.errno == errno.EINVAL, f"{name!r} is refused with {error}"
        else:
            raise AssertionError(f"{name!r} is not refused")
    assert not os.listdir(drive)


CHECKS: list[tuple[str, Check]] = [
    ("cp -r", cp_r),
    ("cp -a", cp_a),
    ("rsync -a twice", rsync_a),
    ("tar x", tar_x),
    ("git init, add, commit, clone, fsck, gc", git),
    ("sed -i", sed_i),
    ("vim saves", vim_save),
    ("mv of a folder into another", mv_folder),
    ("sqlite3 with its default journal", sqlite),
    ("rm -rf of 1200 files", rm_rf),
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
        for name in names + files:
            path = Path(folder) / name
            status = path.lstat()
            what: tuple[object, ...]
            if stat.S_ISLNK(status.st_mode):
                what = ("link", os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                what = ("folder",)
            else:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
                what = ("file", status.st_size, digest)
                if exact:
                    what += (oct(stat.S_IMODE(status.st_mode)), status.st_mtime_ns)
            found[str(path.relative_to(top))] = what
    return found


def remount(remote: str, mountpoint: Path) -> None:
    """Let only what is on the service be left."""
    cloudfs = [sys.executable, "-m", "cloudfs"]
    subprocess.run([*cloudfs, "flush", mountpoint, "--timeout", "300"], check=True)
    subprocess.run([*cloudfs, "umount", mountpoint, "--timeout", "300"], check=True)
    cache = os.environ.get("CLOUDFS_CACHE_DIR") or Path.home() / ".cache" / "cloudfs"
    shutil.rmtree(Path(cache) / remote.partition(":")[0])
    subprocess.run([*cloudfs, "mount", remote, mountpoint], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("mountpoint", type=Path)
    parser.add_argument("--remote", help="unmount and mount this again before comparing")
    parser.add_argument("--refused", default="", help="characters the service takes in no name")
    parser.add_argument("--only", help="only checks whose name contains this")
    arguments = parser.parse_args()
    drive = arguments.mountpoint / f"programs-{os.getpid()}"
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "local"
        taken = [name for name in NAMES if not set(name) & set(arguments.refused)]
        make_tree(Path(folder) / "source", taken)
        drive.mkdir()
        local.mkdir()
        done = []
        checks = CHECKS.copy()
        if arguments.refused:
            checks.append(("refused names", partial(refusals, refused=arguments.refused)))
        for name, check in checks:
            if arguments.only and arguments.only not in name:
                continue
            slug = name.replace(" ", "-").replace(",", "")
            began = time.monotonic()
            try:
                (drive / slug).mkdir()
                (local / slug).mkdir()
                check(drive / slug, local / slug)
                compare(drive / slug, local / slug)
            except Skipped as reason:
                print(f"SKIPPED  {name}: {reason}", flush=True)
                continue
            except (AssertionError, OSError, sqlite3.Error) as error:
                failed += 1
                print(f"FAILED   {name}: {error}", flush=True)
                continue
            print(f"ok       {name} ({time.monotonic() - began:.1f} s)", flush=True)
            done.append((name, slug))
        if arguments.remote:
            began = time.monotonic()
            remount(arguments.remote, arguments.mountpoint)
            print(
                f"         flushed and mounted anew ({time.monotonic() - began:.1f} s)", flush=True
            )
            for name, slug in done:
                try:
                    compare(drive / slug, local / slug)
                except (AssertionError, OSError) as error:
                    failed += 1
                    print(f"FAILED   {name}, after the remount: {error}", flush=True)
                else:
                    print(f"ok       {name}, after the remount", flush=True)
    shutil.rmtree(drive, ignore_errors=True)
    print("all checks passed" if not failed else f"{failed} checks failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
