"""How a command takes its place among the others: `main` hands out `Commands`."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Commands:
    """Where commands are added, at the top or in a group (``cloudfs trash list``)."""

    add_parser: Callable[..., argparse.ArgumentParser]
    everywhere: argparse.ArgumentParser  # options of every command

    def add(
        self, name: str, help_: str, *, command: Callable[[argparse.Namespace], None]
    ) -> argparse.ArgumentParser:
        """A new command, which has --json."""
        parser = self.add_parser(name, help=help_, description=help_, parents=[self.everywhere])
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.set_defaults(command=command)
        return parser

    def group(self, name: str, help_: str) -> "Commands":
        """A word that more commands follow."""
        parser = self.add_parser(name, help=help_, description=help_)
        inside = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
        return Commands(inside.add_parser, self.everywhere)
