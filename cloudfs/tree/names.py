"""What things are called: on the service, and on the drive.

The difficulties, and what answers each:

1. A service may have two children of one name, or names that cannot be a name here (with a
   slash, "..", too long). Every entry gets a name of its own, the same in every listing:
   `Names.shown`.
2. A program may want a name the service cannot store. It is refused, or with `names=escape`
   written with look-alike characters that are turned back in listings: `Names.stored`.
3. A symlink is a small file NAME.rclonelink that holds the target, the convention of
   rclone's --links: `LINK_SUFFIX`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count

from cloudfs.errors import InvalidName, NameTooLong
from cloudfs.model import Entry
from cloudfs.providers.base import NameRules

LINK_SUFFIX = ".rclonelink"
LONGEST_LINK = 4096  # bytes of a target; a larger file of that suffix is just a file
LONGEST_NAME = 255  # bytes the kernel takes
LONGEST_EXTENSION = 32  # bytes; what is longer after a dot is a part of the name

# What programs call files that they will soon remove or rename again: vim, LibreOffice, Office,
# browsers, rsync and editors that write beside.
_TEMPORARY = re.compile(
    r"4913|\.~lock\..*#|~\$.*|.*~|.*\.(tmp|temp|swp|swpx|swx|part|crdownload|partial)"
    r"|\.#.*|\.goutputstream-.*|\..+\.[A-Za-z0-9]{6}|sed[A-Za-z0-9]{6}",
    re.IGNORECASE,
)

FULLWIDTH = 0xFEE0  # from "!" to its full-width look-alike
QUOTE = "\u201b"  # marks a look-alike that was there before
LOOKALIKES = {
    **{chr(code): chr(code + FULLWIDTH) for code in range(0x21, 0x7F)},
    " ": "\u2420",
    "\x7f": "\u2421",
    **{chr(code): chr(0x2400 + code) for code in range(0x20)},
}
ORIGINALS = {look: original for original, look in LOOKALIKES.items()}


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry, and what it is called here."""

    entry: Entry
    name: str
    is_symlink: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The two directions, for one service."""

    rules: NameRules
    escape: bool = False
    symlinks: bool = True
    case_sensitive: bool = True

    def stored(self, name: str, *, is_symlink: bool = False) -> str:
        """What the service shall call what is *name* here.

        Raises InvalidName or NameTooLong if it cannot store that.
        """
        wanted = name + LINK_SUFFIX if is_symlink else name
        if self.escape:
            wanted = self._escaped(wanted)
        if self.rules.too_long(wanted):
            raise NameTooLong(f"{name!r} is too long for the service")
        if (problem := self.rules.problem(wanted)) is not None:
            raise InvalidName(f"the service cannot store {name!r}: it {problem}")
        return wanted

    def key(self, name: str) -> str:
        """What must be unique in a folder."""
        return name if self.case_sensitive else name.casefold()

    def is_temporary(self, name: str) -> bool:
        """Whether *name* looks like a file that will be gone, or renamed, in a moment."""
        return _TEMPORARY.fullmatch(name) is not None

    def shown(self, entries: Iterable[Entry]) -> list[Shown]:
        """What the children of a folder are called here; all names are different.

        Of entries that would share one, folders go before files, the latest change before
        older ones, and then the smaller id; the others get a part of their id. The result
        depends on the entries alone, so it is the same in every listing and process.
        """
        wanted = [self._wanted(entry) for entry in entries]
        counts: dict[str, int] = {}
        for shown in wanted:
            counts[shown.name] = counts.get(shown.name, 0) + 1
        if len(counts) == len(wanted):
            return wanted
        taken = {name for name, count in counts.items() if count == 1}
        result = []
        for shown in sorted(wanted, key=_precedence):
            name = shown.name
            if counts[name] > 1:
                if name in taken:
                    name = _with_mark(shown, taken)
                taken.add(name)
            result.append(Shown(shown.entry, name, shown.is_symlink))
        return result

    def _wanted(self, entry: Entry) -> Shown:
        name = self._unescaped(entry.name) if self.escape else entry.name
        is_symlink = (
            self.symlinks
            and name.endswith(LINK_SUFFIX)
            and len(name) > len(LINK_SUFFIX)
            and not entry.is_folder
            and 0 < entry.size <= LONGEST_LINK
        )
        if is_symlink:
            name = name.removesuffix(LINK_SUFFIX)
        return Shown(entry, _harmless(name), is_symlink)

    def _escaped(self, name: str) -> str:
        out = []
        for at, character in enumerate(name):
            last = at == len(name) - 1
            if character in ORIGINALS or character == QUOTE:
                out.append(QUOTE + character)
            elif self._must_escape(character, last=last):
                out.append(LOOKALIKES.get(character, character))
            else:
                out.append(character)
        return "".join(out)

    def _must_escape(self, character: str, *, last: bool) -> bool:
        rules = self.rules
        return (
            character in rules.forbidden
            or (character < " " and not rules.controls)
            or (last and character == "." and not rules.trailing_dot)
            or (last and character == " " and not rules.trailing_space)
        )

    def _unescaped(self, name: str) -> str:
        out: list[str] = []
        quoted = False
        for at, character in enumerate(name):
            original = ORIGINALS.get(character)
            if quoted:
                out.append(character)
                quoted = False
            elif character == QUOTE and at + 1 < len(name):
                quoted = True
            elif original is not None and self._must_escape(original, last=at == len(name) - 1):
                out.append(original)
            else:
                out.append(character)
        return "".join(out)


def conflict_name(name: str, when: str, host: str, attempt: int = 1) -> str:
    """What the other side's file is called when both sides changed it."""
    stem, extension = _divided(name)
    number = f" {attempt}" if attempt > 1 else ""
    tail = f" (conflict {when} {host}{number}){extension}"
    return _cut(stem, LONGEST_NAME - _length(tail)) + tail


def _divided(name: str) -> tuple[str, str]:
    """Stem and extension of *name*, the dot with the latter."""
    stem, dot, extension = name.rpartition(".")
    if not stem or _length(extension) > LONGEST_EXTENSION:
        return name, ""
    return stem, dot + extension


def _precedence(shown: Shown) -> tuple[bool, bool, int, str]:
    entry = shown.entry
    return (not entry.is_folder, shown.is_symlink, -(entry.modified_ns or 0), entry.id)


def _with_mark(shown: Shown, taken: set[str]) -> str:
    stem, extension = (shown.name, "") if shown.entry.is_folder else _divided(shown.name)
    identity = _harmless(shown.entry.id.strip("/"))
    marks = chain((identity[:8], identity[:16]), (f"{identity[:16]} {n}" for n in count(2)))
    for mark in marks:
        tail = f" ({mark}){extension}"
        name = _cut(stem, LONGEST_NAME - _length(tail)) + tail
        if name not in taken:
            return name
    raise AssertionError("an endless row of marks has ended")


def _harmless(name: str) -> str:
    """A server's name as one that can be a name here, and leads nowhere."""
    if name in {"", ".", ".."}:
        return {"": "(no name)", ".": "\uff0e", "..": "\uff0e\uff0e"}[name]
    plain = name.replace("/", "\u2215").replace("\0", "\ufffd")
    return _cut(plain, LONGEST_NAME)


def _length(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _cut(text: str, room: int) -> str:
    """As much of *text* as fits into *room* bytes of UTF-8."""
    raw = text.encode("utf-8", "replace")[: max(room, 1)]
    cut = raw.decode("utf-8", "ignore")
    return text if cut == text else cut  # one string for both: there may be a great many
