"""One table of a TOML file, changed without touching anything else in it.

A person wrote the file: comments, order and the other tables stay as they are. A statement of
TOML ends with the first line at which what was read so far is valid by itself, so tomllib finds
the statements; and what comes out is read again and compared with what it should mean.
"""

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # not splitlines(), which ends lines at other characters
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class CannotEdit(Exception):
    """The table is written in a way that cannot be changed line by line."""


@dataclass(slots=True)
class _Statement:
    """A header, a key with its value, or a line that is blank or a comment."""

    text: str
    header: tuple[str, ...] | None = None
    key: str | None = None
    array: bool = False  # the header of an array of tables


def with_table(text: str, path: Sequence[str], changes: Mapping[str, Any]) -> str:
    """*text* with *changes* made in the table *path*; None takes a key away.

    The table is appended if there is none. Raises CannotEdit for a table that is not written
    below a header of its own.
    """
    statements = list(_statements(text))
    at = _header(statements, tuple(path))
    if at is None:
        added = _appended(text, path, changes)
    else:
        _change(statements, at, changes)
        added = "".join(statement.text for statement in statements)
    if not _means(added, _expected(text, path, changes)):
        raise CannotEdit(f"[{dotted(path)}] is not written as a table with a header of its own")
    return added


def dotted(path: Sequence[str]) -> str:
    """A path of keys as TOML writes it."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else value(key) for key in path)


def value(of: Any) -> str:
    """A value as TOML writes it. Raises CannotEdit for what it cannot hold."""
    if isinstance(of, bool):
        return "true" if of else "false"
    if isinstance(of, int | float):
        return repr(of)
    if isinstance(of, list | tuple):
        return f"[{', '.join(map(value, of))}]"
    if isinstance(of, str):
        try:
            of.encode()
        except UnicodeEncodeError as error:
            raise CannotEdit("a value holds characters that are not valid UTF-8") from error
        return json.dumps(of, ensure_ascii=False).replace("\x7f", "\\u007f")
    raise CannotEdit(f"a {type(of).__name__} can only be written by hand")


def _statements(text: str) -> Iterator[_Statement]:
    begun = ""
    for line in _LINE.findall(text):
        begun += line
        try:
            meaning = tomllib.loads(begun)
        except tomllib.TOMLDecodeError:
            continue  # in the middle of an array, or of a text of several lines
        yield _statement(begun, meaning)
        begun = ""
    if begun:
        raise CannotEdit("the file is not valid TOML")


def _statement(text: str, meaning: dict[str, Any]) -> _Statement:
    if not meaning:
        return _Statement(text)
    if not text.lstrip().startswith("["):
        return _Statement(text, key=next(iter(meaning)))
    path: list[str] = []
    inside: Any = meaning
    while isinstance(inside, dict) and inside:
        ((key, inside),) = inside.items()
        path.append(key)
    return _Statement(text, header=tuple(path), array=isinstance(inside, list))


def _header(statements: list[_Statement], path: tuple[str, ...]) -> int | None:
    for at, statement in enumerate(statements):
        if statement.header == path and not statement.array:
            return at
    return None


def _change(statements: list[_Statement], at: int, changes: Mapping[str, Any]) -> None:
    """Change the table whose header is statement *at*."""
    end = at + 1
    while end < len(statements) and statements[end].header is None:
        end += 1
    left = dict(changes)
    last = at
    for number in range(at + 1, end):
        statement = statements[number]
        if statement.key is None:
            continue
        last = number
        if statement.key in left:
            new = left.pop(statement.key)
            statement.text = "" if new is None else _replaced(statement, new)
    if not statements[last].text.endswith("\n") and statements[last].text:
        statements[last].text += "\n"
    statements[last].text += "".join(
        _line(key, new) for key, new in left.items() if new is not None
    )


def _replaced(statement: _Statement, new: Any) -> str:
    """The statement with another value; a comment after the value stays."""
    assert statement.key is not None
    return _line(statement.key, new, _comment(statement.text))


def _comment(text: str) -> str:
    meaning = tomllib.loads(text)
    for found in re.finditer("#", text):
        try:
            if tomllib.loads(text[: found.start()]) == meaning:
                return text[found.start() :].rstrip()
        except tomllib.TOMLDecodeError:
            pass  # this one is in the value
    return ""


def _line(key: str, new: Any, comment: str = "") -> str:
    text = f"{dotted([key])} = {value(new)}"
    return f"{text}  {comment}\n" if comment else f"{text}\n"


def _appended(text: str, path: Sequence[str], changes: Mapping[str, Any]) -> str:
    if text and not text.endswith("\n"):
        text += "\n"
    blank = "\n" if text.strip() else ""
    lines = "".join(_line(key, new) for key, new in changes.items() if new is not None)
    return f"{text}{blank}[{dotted(path)}]\n{lines}"


def _expected(text: str, path: Sequence[str], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the file is to mean."""
    document = copy.deepcopy(tomllib.loads(text))
    table = document
    for key in path:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise CannotEdit(f"{dotted(path)} is not a table")
    for key, new in changes.items():
        if new is None:
            table.pop(key, None)
        else:
            table[key] = list(new) if isinstance(new, tuple) else new
    return document


def _means(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False
