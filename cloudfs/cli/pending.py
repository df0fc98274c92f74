"""retry, export-pending, discard: what to do about changes the service does not take."""

import argparse
import json
import os
from typing import Any

from cloudfs.cli.confirming import Confirmation
from cloudfs.cli.output import Done, complain
from cloudfs.cli.parsing import Commands
from cloudfs.cli.targets import state_of
from cloudfs.control import ask


def add(commands: Commands) -> None:
    """The commands of this module."""
    command = commands.add("retry", "try again what the service refused", command=retry)
    command.add_argument("mountpoint", metavar="MOUNTPOINT")
    command = commands.add(
        "export-pending", "copy what is not on the service to a folder", command=export_pending
    )
    command.add_argument("mountpoint", metavar="MOUNTPOINT")
    command.add_argument("folder", metavar="DIR", help="where to; files there are not replaced")
    command = commands.add(
        "discard",
        "forget refused changes: the drive shows again what the service has",
        command=discard,
    )
    command.add_argument("path", metavar="PATH", help="a file or folder, or the mount point")
    command.add_argument("--all", action="store_true", help="what only waits, too")
    command.add_argument("--yes", action="store_true", help="do not ask")


def retry(arguments: argparse.Namespace) -> None:
    """Try again what was refused."""
    answer = _answer(arguments.mountpoint, "retry")
    _tell(arguments, answer, f"{answer['retried']} changes are tried again")


def export_pending(arguments: argparse.Namespace) -> None:
    """Copy files that the service does not have."""
    folder = os.path.abspath(arguments.folder)  # noqa: PTH100 - of here, not of the mount process
    answer = _answer(arguments.mountpoint, "export", into=folder)
    saved = answer["saved"]
    _tell(arguments, answer, "\n".join([*saved, f"{len(saved)} files were copied"]))


def discard(arguments: argparse.Namespace) -> None:
    """Forget changes."""
    confirmation = Confirmation(yes=arguments.yes)
    wanted = {"path": os.path.abspath(arguments.path), "all": arguments.all}  # noqa: PTH100
    found = _answer(arguments.path, "discard", **wanted, dry=True)["discarded"]
    if not found:
        _tell(arguments, {"discarded": []}, "there is nothing to discard")
        return
    listed = "\n".join(f"  {change['path']} ({change['change']})" for change in found)
    confirmation.ask(f"{listed}\nThese changes will be lost. Discard them?")
    answer = _answer(arguments.path, "discard", **wanted)
    _tell(arguments, answer, f"{len(answer['discarded'])} changes were discarded")


def _answer(mountpoint: str, command: str, **parameters: Any) -> dict[str, Any]:
    (answer,) = ask(state_of(mountpoint), command, **parameters)
    if error := answer.get("error"):
        complain(str(error))
        raise Done(1)
    return {name: value for name, value in answer.items() if name != "done"}


def _tell(arguments: argparse.Namespace, answer: dict[str, Any], text: str) -> None:
    print(json.dumps(answer, indent=2) if arguments.json else text)
