"""What commands print."""

import sys
import time
import unicodedata

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


class Done(Exception):
    """A command is over, with this exit status, and has said all there is to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def size(count: float | None) -> str:
    """A number of bytes for people; "-" for what is not known."""
    if count is None:
        return "-"
    for unit in UNITS:
        if count < 1024 or unit == UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("the last unit takes everything")


def space(count: int | None) -> str:
    """A number of bytes that a service may not tell."""
    return "unknown" if count is None else size(count)


def when(modified_ns: int | None) -> str:
    """A time for people, in their zone; blanks for what is not known."""
    if modified_ns is None:
        return " " * 16
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(modified_ns / 1e9))


def plain(text: str) -> str:
    """A name that somebody else chose, without what a terminal would obey or could not show."""
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in {"Cc", "Cs"}
        else character
        for character in text
    )


def complain(text: str) -> None:
    """Say something on standard error, after the name of the program."""
    print(f"cloudfs: {text}", file=sys.stderr)


class Progress:
    """One line on a terminal that is written over and over; elsewhere a line now and then."""

    FIRST = 10.0  # seconds of silence, elsewhere than on a terminal, before the first line
    EVERY = 60.0

    def __init__(self) -> None:
        self._shown = ""
        self._next = time.monotonic() + self.FIRST

    def show(self, text: str) -> None:
        """Replace the line."""
        if not sys.stderr.isatty():
            if time.monotonic() >= self._next:
                print(text, file=sys.stderr, flush=True)
                self._next = time.monotonic() + self.EVERY
            return
        if text != self._shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            self._shown = text

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = ""
