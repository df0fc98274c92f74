"""A command that a mount carries out while somebody watches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cloudfs.cli.output import Done, Progress, complain
from cloudfs.control import ask


def followed(
    state: Path, command: str, shown: Callable[[dict[str, Any]], str], **parameters: Any
) -> dict[str, Any]:
    """The last answer to *command*; those before are progress, which *shown* puts into words.

    *state* is the state folder of the mount. An answer that is an error ends the process.
    """
    progress = Progress()
    answer: dict[str, Any] = {}
    try:
        for answer in ask(state, command, **parameters):
            if not answer.get("done"):
                progress.show(shown(answer))
    finally:
        progress.clear()
    if error := answer.get("error"):
        complain(str(error))
        raise Done(1)
    return answer
