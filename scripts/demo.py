#!/usr/bin/env python3
"""The tour of `make demo`: a cloud on this machine, mounted, and what one does with a drive."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cloudfs.cli.demo import demo_folder

CLOUDFS = [sys.executable, "-m", "cloudfs"]
HERE = Path(__file__).resolve().parent.parent


def tell(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def show(command: str, drive: Path) -> None:
    """Run a command of the shell in the drive, and let the person see it and its answer."""
    print(f"$ {command}", flush=True)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", command], cwd=drive, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"demo: this should have worked: {command}")


def main() -> None:
    tell("1. A cloud of our own: an account of an emulated service, mounted as a drive")
    subprocess.run([*CLOUDFS, "demo"], check=True)
    drive = demo_folder() / "drive"
    tour = drive / "tour"
    if tour.exists():
        shutil.rmtree(tour)
    tour.mkdir()

    tell("2. Ordinary programs on it: real files in, a look, a search, an edit")
    show(f"cp -r {HERE}/cloudfs/tree {HERE}/README.md .", tour)
    show("ls -l", tour)
    show("grep -rl class . | sort | head -5", tour)
    show("sed -i 's/cloudfs/CLOUDFS/' README.md && head -1 README.md", tour)

    tell("3. Folders, names, and a file that goes to the service's recycle bin")
    show("mkdir letters && mv README.md 'letters/read me.md' && ls -R letters", tour)
    show("echo 'not needed' > note.txt && cloudfs flush . && rm note.txt", tour)

    tell("4. What waits, and what is on the service now")
    show(f"cloudfs status {drive}", tour)
    show(f"cloudfs flush {drive} && cloudfs status {drive}", tour)
    show("getfattr --only-values -n user.cloudfs.state 'letters/read me.md' 2>/dev/null && echo"
         " || python3 -c \"import os; print(os.getxattr('letters/read me.md',"
         " 'user.cloudfs.state').decode())\"", tour)  # fmt: skip
    tell("The same account, seen without the drive:")
    show("cloudfs ls -l demo:tour && cloudfs df demo:", tour)

    tell(f"The drive stays at {drive}")
    print(f"leave it with:   cloudfs umount {drive}    (from {Path(sys.executable).parent})")
    print(f"its cloud is in: {demo_folder() / 'cloud'}")


if __name__ == "__main__":
    main()
