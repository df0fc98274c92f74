"""The parameters of a call (reference 1 and 1.1).

What is missing is 404 "Parameter missing"; what is there and wrong is 400 "Invalid parameter".
A value that is empty counts as missing, except where a name is wanted.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.names import check_name
from cloudfs.emulators.cloud689.times import last_moment

_LONGEST_NUMBER = 18  # digits: SQLite holds 63 bits
_NUMBER = re.compile(r"-?[0-9]+")
_TRUTHS = {"true": True, "false": False}


class Parameters:
    """What a call was given."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            self._values.setdefault(name, value)

    def text(self, name: str) -> str | None:
        """The value; None if there is none."""
        return self._values.get(name) or None

    def need(self, name: str) -> str:
        """The value; 404 if there is none."""
        found = self.text(name)
        if found is None:
            raise ApiError(Code.MISSING_PARAMETER, name)
        return found

    def need_all(self, *names: str) -> None:
        """404 unless each of *names* has a value."""
        for name in names:
            self.need(name)

    def any_text(self, name: str) -> str:
        """The value, which may be empty; 404 if there is none."""
        if name not in self._values:
            raise ApiError(Code.MISSING_PARAMETER, name)
        return self._values[name]

    def optional(self, name: str, default: str) -> str:
        """The value, which may be empty; *default* if there is none."""
        return self._values.get(name, default)

    def name(self, name: str) -> str:
        """What something is to be called; 400 if it may not."""
        return check_name(self.any_text(name))

    def integer(self, name: str, least: int | None = 0) -> int | None:
        """A number, not below *least*; None if it is missing."""
        text = self.text(name)
        if text is None:
            return None
        if not _NUMBER.fullmatch(text) or len(text) > _LONGEST_NUMBER:
            raise ApiError(Code.INVALID_PARAMETER, f"{name} is no number")
        if least is not None and int(text) < least:
            raise ApiError(Code.INVALID_PARAMETER, f"{name} is too small")
        return int(text)

    def need_integer(self, name: str, least: int | None = 0) -> int:
        """A number, not below *least*."""
        self.need(name)
        return self.integer(name, least) or 0

    def one_of(self, name: str, allowed: Iterable[int]) -> int:
        """A number that has a meaning."""
        found = self.need_integer(name)
        if found not in allowed:
            raise ApiError(Code.INVALID_PARAMETER, f"{name} is not known")
        return found

    def boolean(self, name: str, *, default: bool) -> bool:
        """A truth value."""
        text = self.text(name)
        if text is None:
            return default
        if text not in _TRUTHS:
            raise ApiError(Code.INVALID_PARAMETER, f"{name} is neither true nor false")
        return _TRUTHS[text]

    def ids(self, name: str) -> list[str]:
        """A list of ids, each once."""
        text = self.text(name)
        found = [] if text is None else text.split(",")
        if not all(found):
            raise ApiError(Code.INVALID_PARAMETER, f"{name} holds an empty id")
        return list(dict.fromkeys(found))

    def need_ids(self, name: str) -> list[str]:
        """A list of ids that is not empty."""
        self.need(name)
        return self.ids(name)

    def numbers(self, name: str) -> list[int]:
        """A list of numbers."""
        return [self._number(name, text) for text in self.ids(name)]

    def _number(self, name: str, text: str) -> int:
        return Parameters([(name, text)]).need_integer(name)

    def either(self, names: Sequence[str]) -> str:
        """Which of *names* has a value, of which exactly one may."""
        given = [name for name in names if self.text(name) is not None]
        if not given:
            raise ApiError(Code.MISSING_PARAMETER, " or ".join(names))
        if len(given) > 1:
            raise ApiError(Code.INVALID_PARAMETER, f"only one of {' and '.join(given)}")
        return given[0]

    def moment(self, name: str) -> str | None:
        """A day or a time; of a day its last moment."""
        text = self.text(name)
        if text is None:
            return None
        found = last_moment(text)
        if found is None:
            raise ApiError(Code.INVALID_PARAMETER, f"{name} is no date")
        return found


def decoded(encoded: bytes) -> Parameters:
    """The parameters of a query string or a form; 400 if it is not UTF-8."""
    try:
        return Parameters(parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise ApiError(Code.INVALID_PARAMETER, "this is not UTF-8") from error
