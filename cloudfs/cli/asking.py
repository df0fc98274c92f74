"""Questions to the person at the terminal; or, where there is none, what the command line lacks."""

import getpass
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence

from cloudfs.errors import ConfigError


class Asking(ABC):
    """Who answers."""

    interactive: bool

    @abstractmethod
    def text(
        self,
        name: str,
        about: str,
        *,
        default: str | None = None,
        choices: Sequence[str] = (),
    ) -> str:
        """The answer to a question; *default* if it is empty, which is refused without one."""

    @abstractmethod
    def secret(self, name: str, about: str, *, optional: bool = False) -> str:
        """An answer that is not shown while it is typed; "" only if it is *optional*."""

    @abstractmethod
    def code(self, question: str) -> str:
        """What the person was sent, to be typed once."""


class Person(Asking):
    """Somebody at a terminal; questions go to standard error, answers come from standard input."""

    interactive = True

    def text(
        self,
        name: str,
        about: str,
        *,
        default: str | None = None,
        choices: Sequence[str] = (),
    ) -> str:
        hints = [name]
        shown = [choice for choice in choices if choice]
        if shown:
            hints.append(f"one of {', '.join(shown)}")
        if default:
            hints.append(f"Enter: {default}")
        while True:
            answer = _line(f"{about} ({'; '.join(hints)}): ").strip()
            if not answer and default is not None:
                return default
            if answer and (not choices or answer in choices):
                return answer
            print(f"please answer {'one of these' if answer else 'it'}", file=sys.stderr)

    def secret(self, name: str, about: str, *, optional: bool = False) -> str:
        while True:
            try:
                answer = getpass.getpass(f"{about} ({name}; not shown): ")
            except EOFError:
                raise _no_more(name) from None
            if answer or optional:
                return answer
            print("please answer it", file=sys.stderr)

    def code(self, question: str) -> str:
        return _line(question)


class Nobody(Asking):
    """A program: all there is to know is on the command line and on standard input."""

    interactive = False

    def text(
        self,
        name: str,
        about: str,
        *,
        default: str | None = None,
        choices: Sequence[str] = (),
    ) -> str:
        if default is not None:
            return default
        among = f"; one of {', '.join(choices)}" if choices else ""
        option = "--type TYPE" if name == "type" else f"--set {name}=..."
        raise ConfigError(
            f"{name} is missing ({about}{among}): give {option}, or run it in a terminal"
        )

    def secret(self, name: str, about: str, *, optional: bool = False) -> str:
        if optional:
            return ""
        raise ConfigError(
            f"{name} is missing ({about}): give it on standard input with --stdin {name}, or run "
            "it in a terminal"
        )

    def code(self, question: str) -> str:
        print(question, file=sys.stderr, flush=True)
        return next_line("the code")


def who_answers() -> Asking:
    """The person, if standard input is a terminal."""
    return Person() if sys.stdin.isatty() else Nobody()


def next_line(name: str) -> str:
    """The next line of standard input, which is *name*. Raises ConfigError if there is none."""
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} on standard input is not valid UTF-8") from error
    if not line.rstrip("\r\n"):
        raise ConfigError(f"{name} should be a line of standard input, and is not there")
    return line.rstrip("\r\n")


def _line(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
        raise _no_more("the answer")
    return line.rstrip("\r\n")


def _no_more(what: str) -> ConfigError:
    return ConfigError(f"{what} is missing: the input ended; nothing is stored")
