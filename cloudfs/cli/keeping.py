"""warm, pin, unpin: what is here before it is asked for, and what stays."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cloudfs.cli.following import followed
from cloudfs.cli.output import Done, complain, plain, size
from cloudfs.cli.parsing import Commands
from cloudfs.cli.targets import state_of

BAR = 24  # characters


def add(commands: Commands) -> None:
    """The commands of this module."""
    command = commands.add(
        "warm", "fetch files, and what is in folders, into the disk cache", command=warm
    )
    _add_paths(command)
    command = commands.add(
        "pin",
        "keep files and folders on this machine: fetched, renewed, never dropped",
        command=pin,
    )
    _add_paths(command)
    command.add_argument("--no-wait", action="store_true", help="fetch them in the background")
    command = commands.add("unpin", "keep files and folders no longer", command=unpin)
    _add_paths(command)


def _add_paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", metavar="PATH", nargs="+", help="in a mounted drive")


def warm(arguments: argparse.Namespace) -> None:
    """Fetch what is at and below paths."""
    _end(
        arguments,
        [followed(state, "warm", shown, paths=paths) for state, paths in _by_mount(arguments)],
    )


def pin(arguments: argparse.Namespace) -> None:
    """Keep what is at and below paths."""
    wait = not arguments.no_wait
    _end(
        arguments,
        [
            followed(state, "pin", shown, paths=paths, wait=wait)
            for state, paths in _by_mount(arguments)
        ],
    )


def unpin(arguments: argparse.Namespace) -> None:
    """Keep them no longer."""
    answers = [
        followed(state, "unpin", shown, paths=paths) for state, paths in _by_mount(arguments)
    ]
    troubles = [trouble for answer in answers for trouble in answer["troubles"]]
    unpinned = [path for answer in answers for path in answer["unpinned"]]
    if arguments.json:
        print(json.dumps({"unpinned": unpinned, "troubles": troubles}, indent=2))
    else:
        for path in unpinned:
            print(f"{plain(path)} is not pinned any more")
    _complain_of(troubles)


def _by_mount(arguments: argparse.Namespace) -> Iterator[tuple[Path, list[str]]]:
    """The paths, with the state folder of the mount they are in."""
    found: dict[Path, list[str]] = {}
    for word in arguments.paths:
        path = os.path.abspath(word)  # noqa: PTH100 - resolve() would enter the mount
        found.setdefault(state_of(path), []).append(path)
    yield from found.items()


def shown(answer: dict[str, Any]) -> str:
    """How far it is: a bar on a terminal, a plain line elsewhere."""
    if not answer["listed"]:
        return f"listing: {answer['files']} files in {answer['folders']} folders so far ..."
    numbers = (
        f"{answer['files_done']} of {answer['files']} files, "
        f"{size(answer['bytes_done'])} of {size(answer['bytes'])}"
    )
    if not sys.stderr.isatty():
        return numbers
    part = answer["bytes_done"] / answer["bytes"] if answer["bytes"] else 1.0
    full = round(part * BAR)
    line = f"[{'#' * full}{'-' * (BAR - full)}] {part:4.0%}  {numbers}"
    return line[: shutil.get_terminal_size().columns - 1]


def _end(arguments: argparse.Namespace, answers: Sequence[dict[str, Any]]) -> None:
    """Say what was done, and what was not."""
    counted = (
        "folders",
        "files",
        "files_done",
        "bytes",
        "bytes_done",
        "left_out",
        "bytes_left_out",
    )
    total: dict[str, Any] = {name: sum(answer[name] for answer in answers) for name in counted}
    total["troubles"] = [trouble for answer in answers for trouble in answer["troubles"]]
    total["failed"] = sum(answer["failed"] for answer in answers)
    if pinned := [path for answer in answers for path in answer.get("pinned", [])]:
        total["pinned"] = pinned
    if arguments.json:
        print(json.dumps(total, indent=2))
    else:
        for path in pinned:
            print(f"{plain(path)} is pinned")
        if getattr(arguments, "no_wait", False):
            print(f"{total['files']} files will be fetched")
        else:
            print(
                f"{total['files_done']} files in {total['folders']} folders are here, "
                f"{size(total['bytes_done'])}"
            )
    troubles = list(total["troubles"])
    if total["failed"] > len(troubles):
        troubles.append(f"and {total['failed'] - len(troubles)} more could not be fetched")
    if total["left_out"]:
        troubles.append(
            f"{total['left_out']} files ({size(total['bytes_left_out'])}) do not fit into the disk "
            "cache; raise cache_size, or free disk space"
        )
    _complain_of(troubles)


def _complain_of(troubles: Sequence[str]) -> None:
    for trouble in troubles:
        complain(plain(trouble))
    if troubles:
        raise Done(1)
