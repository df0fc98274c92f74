"""A question before what cannot be undone."""

import sys

from cloudfs.cli.output import Done, complain
from cloudfs.errors import ConfigError


class Confirmation:
    """Asks the person at the terminal, unless the command line says ``--yes``.

    Raises ConfigError where nobody can be asked, before anything is looked at.
    """

    def __init__(self, *, yes: bool) -> None:
        self.given = yes
        if not yes and not sys.stdin.isatty():
            raise ConfigError(
                "this cannot be undone, and nobody can be asked here: add --yes to mean it"
            )

    def ask(self, question: str) -> None:
        """Return if the answer is yes. Raises Done if it is anything else."""
        if self.given:
            return
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            complain("nothing was changed")
            raise Done(1)
