"""serve: an emulated service on this machine."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cloudfs.errors import ConfigError


def serve(arguments: argparse.Namespace) -> None:
    """Run an emulated service until interrupted; where and for whom is printed as JSON."""
    run, default_account, types = emulators()
    if arguments.type not in types:
        raise ConfigError(
            f"there is no emulator of {arguments.type!r}; there is {', '.join(types)}"
        )
    host, _, port = arguments.listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"--listen wants HOST:PORT, not {arguments.listen!r}")

    def ready(url: str) -> None:
        print(json.dumps({"url": url, **default_account(arguments.type)}), flush=True)

    run(arguments.type, Path(arguments.root), host.strip("[]"), int(port), ready=ready)


def emulators() -> tuple[Callable[..., None], Callable[[str], dict[str, str]], Sequence[str]]:
    """The emulators' main function, accounts and types.

    They need more than a plain installation has.
    """
    try:
        from cloudfs.emulators.registry import EMULATORS, default_account  # noqa: PLC0415
        from cloudfs.emulators.server import run  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f"the emulators need more packages ({error.name}); "
            f"run: {Path(sys.executable).parent / 'pip'} install 'cloudfs[emulators]'"
        ) from error
    return run, default_account, sorted(EMULATORS)
