"""The workloads: what lies on the server, what is done on the mount, and the least it can cost."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import data
from data import BIG, FOLDERS, MIB, SMALL, TREE_FOLDERS, TREE_SMALL
from minimum import Minimum

LONGEST = 600  # seconds that a command may take
RANDOM_READS, RANDOM_SIZE = 40, 4096

NOTHING = Minimum()

# What is done in a folder; the seconds it took, if not all of it counts.
Action = Callable[[Path], float | None]


@dataclass(frozen=True)
class Workload:
    """*run* is what is measured, with *prepare*d content on the server.

    The contestant begins with nothing in its cache and nothing in the page cache. *before*
    changes that: it is done first, on the same mount, unless *remount* makes that another one.
    """

    name: str
    prepare: Callable[[Path], None]
    run: Action
    least: Minimum = NOTHING
    before: Action | None = None
    remount: bool = False
    drop: bool = True  # the page cache, before it begins
    reads: int | None = None  # bytes of files that it reads; None: files are not what it is about
    writes: bool = False  # what it leaves has to come to the server
    volatile: tuple[str, ...] = ()  # files and folders of them whose content is never the same


def shell(command: str) -> Action:
    def run(folder: Path) -> None:
        words = ["sh", "-c", command]
        process = subprocess.Popen(
            words, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            status = process.wait(LONGEST)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # what it started, too
            process.wait()
            raise
        if status:
            raise subprocess.CalledProcessError(status, words)

    return run


def random_reads(folder: Path) -> None:
    chance = random.Random(3)
    with (folder / "big").open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for _ in range(RANDOM_READS):
            file.seek(chance.randrange(BIG // RANDOM_SIZE) * RANDOM_SIZE)
            assert len(file.read(RANDOM_SIZE)) == RANDOM_SIZE


def first_byte(folder: Path) -> None:
    with (folder / "big").open("rb", buffering=0) as file:
        assert len(file.read(1)) == 1


def read_big(folder: Path) -> None:
    with (folder / "big").open("rb", buffering=0) as file:
        while file.read(MIB):
            pass


def random_order(folder: Path) -> None:
    paths = sorted(folder.glob("*/*"))
    random.Random(4).shuffle(paths)
    for path in paths[: len(paths) // 3]:
        assert len(path.read_bytes()) == SMALL


def list_small(folder: Path) -> float:
    began = time.monotonic()
    shell("ls -lR small")(folder)
    return time.monotonic() - began


def list_while_reading(folder: Path) -> float:
    with _readers(folder):
        return list_small(folder)


@contextmanager
def _readers(folder: Path) -> Iterator[None]:
    """Programs that each read a large file of their own, all of them at it already."""
    readers = [
        subprocess.Popen(
            ["sh", "-c", f"{{ head -c 1; cat >/dev/null; }} <large/{number}"],
            cwd=folder,
            bufsize=0,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        for number in range(data.READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.read(1)
        yield
    finally:
        for reader in readers:
            with suppress(ProcessLookupError):
                os.killpg(reader.pid, signal.SIGKILL)
            reader.communicate()


def editor_saves(folder: Path) -> None:
    target, temporary = folder / "doc.txt", folder / ".doc.txt.tmp"
    for number in range(100):
        temporary.write_text(f"save {number}\n" * 100)
        temporary.rename(target)


def copy_out(to: Path) -> Action:
    def run(folder: Path) -> None:
        shutil.rmtree(to, ignore_errors=True)
        shell(f"rsync -a . {to}")(folder)

    return run


WALK, FIND, GREP = "ls -lR .", "find . -ls", "grep -r no-such-text . || true"


def workloads(home: Path, *, quick: bool) -> list[Workload]:
    """All of them; some smaller if it has to be *quick*. *home* is for what they bring along."""
    files = 10 if quick else 20
    small = partial(data.small_files, files=files)
    count = FOLDERS * files
    lists = Minimum(folders=1 + FOLDERS, entries=FOLDERS + count, levels=2)
    return [
        *looking(small, count, lists, home),
        *reading(),
        *at_scale(100 if quick else 1000),
        # Below one folder more than alone.
        *at_once(
            partial(data.small_and_large, files=files),
            replace(lists, folders=2 + FOLDERS, levels=3),
        ),
        *writing(home, quick=quick),
    ]


def looking(
    small: Callable[[Path], None], count: int, lists: Minimum, home: Path
) -> list[Workload]:
    content, some = count * SMALL, count // 3
    return [
        Workload(f"ls -lR cold, {FOLDERS} folders", small, shell(WALK), lists),
        Workload("ls -lR after a remount", small, shell(WALK), before=shell(WALK), remount=True),
        Workload(
            f"grep -r cold, {count} files",
            small,
            shell(GREP),
            replace(lists, reads=count, content=content),
            reads=content,
        ),
        Workload(
            "grep -r again, page cache dropped", small, shell(GREP), before=shell(GREP), reads=0
        ),
        Workload(
            f"{some} of {count} small files in random order",
            small,
            random_order,
            Minimum(reads=some, in_turn=True, content=some * SMALL),
            before=shell(WALK),
            reads=some * SMALL,
        ),
        Workload(
            "rsync -an of an unchanged tree, warm",
            small,
            shell(f"rsync -an --delete . {home}/copy"),
            before=copy_out(home / "copy"),
            drop=False,
        ),
    ]


def reading() -> list[Workload]:
    one = Minimum(folders=1, entries=1, levels=1, reads=1, one_file=True)
    some = RANDOM_READS * RANDOM_SIZE
    return [
        Workload(
            f"{RANDOM_READS} random 4 KiB reads of 256 MiB",
            data.big_file,
            random_reads,
            replace(one, reads=RANDOM_READS, in_turn=True, content=some),
            reads=some,
        ),
        Workload("first byte of 256 MiB", data.big_file, first_byte, one, reads=1),
        Workload(
            "all 256 MiB cold",
            data.big_file,
            read_big,
            replace(one, content=BIG),
            reads=BIG,
        ),
        Workload(
            "all 256 MiB again, page cache dropped",
            data.big_file,
            read_big,
            before=read_big,
            reads=0,
        ),
    ]


def at_scale(folders: int) -> list[Workload]:
    return [
        Workload(
            f"find of {folders * 100:,} entries warm",
            partial(data.many_entries, folders=folders, files=100),
            shell(FIND),
            before=shell(FIND),
            drop=False,
        )
    ]


def at_once(both: Callable[[Path], None], lists: Minimum) -> list[Workload]:
    return [
        Workload("ls -lR alone", both, list_small, lists),
        Workload(f"ls -lR while {data.READERS} programs read", both, list_while_reading, lists),
    ]


def writing(home: Path, *, quick: bool) -> list[Workload]:
    files, clone = (20, 200) if quick else (50, 2000)
    count = TREE_FOLDERS * files
    tree = partial(data.tree, files=files)
    tar = data.archive(home / "t.tar", files)
    repository = data.repository(home / "repository", clone)
    (home / "128").write_bytes(random.Random(9).randbytes(128 * MIB))
    return [
        Workload(
            f"untar {count} small files",
            data.nothing,
            shell(f"tar xf {tar}"),
            Minimum(
                uploads=count,
                new_folders=1 + TREE_FOLDERS,
                new_levels=2,
                content=count * TREE_SMALL,
            ),
            before=shell("ls"),
            writes=True,
        ),
        Workload(
            f"rm -rf of {count} files",
            tree,
            shell("rm -rf t"),
            Minimum(removed=count),
            before=shell(WALK),
            writes=True,
        ),
        Workload(
            "cp of 128 MiB",
            data.nothing,
            shell(f"cp {home}/128 copy"),
            Minimum(uploads=1, content=128 * MIB),
            before=shell("ls"),
            writes=True,
        ),
        Workload(
            f"mv of a folder of {count} files",
            tree,
            shell("mv t into/t"),
            Minimum(moved=count),
            before=shell(WALK),
            writes=True,
        ),
        Workload(
            "100 editor saves in a burst",
            data.nothing,
            editor_saves,
            Minimum(uploads=1),
            before=shell("ls"),
            writes=True,
        ),
        Workload(
            f"git clone of {clone} files, git status",
            data.nothing,
            shell(f"git clone -q {repository} clone && git -C clone status"),
            _of_clone(repository, home / "counted"),
            before=shell("ls"),
            writes=True,
            # Times in two; in the third what git finds a file system cannot do (symlinks).
            volatile=("clone/.git/index", "clone/.git/logs/", "clone/.git/config"),
        ),
    ]


def _of_clone(repository: Path, to: Path) -> Minimum:
    """What a clone leaves has to be made, each file and folder once."""
    shell(f"git clone -q {repository} {to}")(repository)
    files = [path for path in to.rglob("*") if path.is_file()]
    folders = [to, *(path for path in to.rglob("*") if path.is_dir())]
    least = Minimum(
        uploads=len(files),
        new_folders=len(folders),
        new_levels=max(len(path.relative_to(to.parent).parts) for path in folders),
        content=sum(path.stat().st_size for path in files),
    )
    shutil.rmtree(to)
    return least
