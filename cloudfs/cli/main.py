"""The command `cloudfs`."""

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence

from cloudfs import __version__
from cloudfs.cli import (
    archiving,
    copying,
    demo,
    doctor,
    fetching,
    keeping,
    login,
    looking,
    mounts,
    pending,
    searching,
    serving,
    sharing,
    status,
    trash,
    versions,
)
from cloudfs.cli.output import Done, complain
from cloudfs.cli.parsing import Commands
from cloudfs.errors import CloudError, ConfigError

OTHERS = (pending, keeping, trash, versions, sharing, searching, copying, archiving, fetching)

EXIT_STATUS = """\
exit status: 0 done; 1 it could not be done, the message tells why; 2 the command line or the
configuration asks for what cannot be; 130 interrupted"""


def main(words: Sequence[str] | None = None) -> None:
    """Do what the command line says, and exit."""
    arguments = parser().parse_args(words)
    _set_up_logging(verbose=arguments.verbose)
    try:
        arguments.command(arguments)
    except Done as done:
        sys.exit(done.status)
    except (ConfigError, CloudError, OSError) as error:
        if arguments.verbose:
            traceback.print_exc()
        complain(_in_one_line(error))
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - a bug is told in one line, too
        if arguments.verbose:
            traceback.print_exc()
        complain(
            f"an internal error: {type(error).__name__}: {error}; "
            "run the command with --verbose to see where"
        )
        sys.exit(1)


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="cloudfs",
        description="Mount a cloud storage account as a drive.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"cloudfs {__version__}")
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "-v", "--verbose", action="store_true", help="log more, and show where an error comes from"
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, help_: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help_, description=help_, parents=[everywhere])

    _describe_mount(add("mount", "mount a remote as a drive"))

    command = add("umount", "unmount a drive when everything is on the service")
    command.add_argument("mountpoint", metavar="MOUNTPOINT")
    waiting = command.add_mutually_exclusive_group()
    waiting.add_argument("--timeout", type=float, metavar="S", help="wait at most S seconds")
    waiting.add_argument(
        "--no-wait",
        action="store_true",
        help="unmount at once; what is left goes on with the next mount",
    )
    command.set_defaults(command=mounts.umount)

    command = add("flush", "wait until every change is on the service")
    command.add_argument("mountpoint", metavar="MOUNTPOINT")
    command.add_argument("--timeout", type=float, metavar="S", help="wait at most S seconds")
    command.set_defaults(command=mounts.flush)

    command = add("status", "tell what is mounted, waiting, refused and conflicted")
    command.add_argument("mountpoint", metavar="MOUNTPOINT", nargs="?")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=status.status)

    _describe_login(add("login", "set up a remote, or repair its login: it is tried, then stored"))
    _describe_doctor(add("doctor", "tell what of a remote works, call by call"))

    command = add("remotes", "list the remotes of the configuration")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=looking.remotes)

    command = add("ls", "list a folder of a remote without mounting it")
    command.add_argument("target", metavar="NAME:PATH")
    command.add_argument("-l", "--long", action="store_true", help="with sizes and times")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=looking.ls)

    command = add("df", "tell how much space an account has")
    command.add_argument("target", metavar="NAME:")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=looking.df)

    for module in OTHERS:
        module.add(Commands(commands.add_parser, everywhere))

    command = add("serve", "run an emulated service on this machine, for tests and demos")
    command.add_argument("type", metavar="TYPE", help="which service, for instance cloudike")
    command.add_argument("root", metavar="ROOT", help="the folder that keeps its data")
    command.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:0",
        help="where to listen (default: this machine only, a free port)",
    )
    command.set_defaults(command=serving.serve)

    command = add("demo", "serve and mount an emulated account: nothing else is needed")
    command.add_argument("mountpoint", metavar="MOUNTPOINT", nargs="?")
    command.set_defaults(command=demo.demo)
    return top


def _describe_mount(command: argparse.ArgumentParser) -> None:
    command.add_argument("remote", metavar="NAME[:PATH]", help="a remote of the configuration")
    command.add_argument("mountpoint", metavar="MOUNTPOINT", help="an empty folder")
    command.add_argument("--foreground", "-f", action="store_true", help="stay in the foreground")
    command.add_argument("--read-only", action="store_true", help="nothing can be changed")
    command.add_argument(
        "-o",
        dest="options",
        metavar="OPT[=VAL],...",
        action="append",
        default=[],
        help="mount options, as in [mount] of the configuration",
    )
    command.set_defaults(command=mounts.mount)


def _describe_login(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="what the remote is called")
    command.add_argument("--type", metavar="TYPE", help="which service it is on")
    command.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting of the remote; no secrets, which others could see",
    )
    command.add_argument(
        "--stdin",
        metavar="KEY",
        action="append",
        default=[],
        help="read this setting from standard input, a line for each in this order",
    )
    command.add_argument(
        "--password-stdin",
        dest="stdin",
        action="append_const",
        const="password",
        help="the same as --stdin password",
    )
    command.add_argument("--phone", metavar="NUMBER", help="where PodSpace sends its code")
    command.add_argument(
        "--no-keyring", action="store_true", help="keep secrets in the configuration file"
    )
    command.set_defaults(command=login.login)


def _describe_doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument("target", metavar="NAME[:PATH]", help="a remote, and a folder to look at")
    command.add_argument(
        "--write",
        action="store_true",
        help="also make changes, in a folder .cloudfs-doctor-XXXX that is removed at the end",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=doctor.doctor)


def _set_up_logging(*, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for chatty in ("httpx", "httpcore", "hypercorn", "pyfuse3"):  # they log whole URLs, or a lot
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if not verbose and sys.stderr.isatty():
        logging.getLogger().setLevel(logging.WARNING)


def _in_one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text or type(error).__name__
