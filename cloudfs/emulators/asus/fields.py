"""The parameters of a request: children of an XML body, or a query (reference 1.5 and 1.8)."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus.names import decode_name
from cloudfs.emulators.asus.refusals import illegal, malformed

_NUMBER = re.compile(r"-?[0-9]{1,19}")
_LARGEST = 2**63 - 1


class Fields:
    """Named texts; a name may come several times."""

    def __init__(self, pairs: Iterable[tuple[str, str]], body: Element | None = None) -> None:
        self._texts: dict[str, list[str]] = {}
        for name, text in pairs:
            self._texts.setdefault(name, []).append(text)
        self._body = body

    @classmethod
    def of_xml(cls, root: Element) -> "Fields":
        """The children of *root*, in any order."""
        return cls(((child.tag, child.text or "") for child in root), root)

    @classmethod
    def of_query(cls, query: str) -> "Fields":
        """The parameters of a query."""
        return cls(parse_qsl(query, keep_blank_values=True))

    def within(self, name: str) -> "Fields":
        """The children of a child; none if it is missing."""
        found = None if self._body is None else self._body.find(name)
        return Fields([]) if found is None else Fields.of_xml(found)

    def element(self, name: str) -> Element | None:
        """A child as it came."""
        return None if self._body is None else self._body.find(name)

    def exact(self, name: str) -> str | None:
        """A text with the blanks around it."""
        return self._texts.get(name, [None])[0]

    def text(self, name: str) -> str | None:
        """A text, or None if it is missing or empty."""
        return (self.exact(name) or "").strip() or None

    def need(self, name: str) -> str:
        """A text that may not be missing or empty (225)."""
        text = self.text(name)
        if text is None:
            raise malformed(name)
        return text

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number; *default* if it is missing or empty (225)."""
        text = self.text(name)
        return default if text is None else _number(name, text)

    def need_number(self, name: str) -> int:
        """A whole number that may not be missing (225)."""
        return _number(name, self.need(name))

    def numbers(self, name: str) -> list[int]:
        """The whole numbers of one or more elements of that name; at least one (225)."""
        self.need(name)
        return [_number(name, text.strip()) for text in self._texts[name]]

    def joined_numbers(self, name: str) -> list[int]:
        """The whole numbers of one text, with commas between them; at least one (225)."""
        return [_number(name, text.strip()) for text in self.need(name).split(",")]

    def texts(self, name: str) -> list[str]:
        """All texts of that name that are not empty."""
        return [text.strip() for text in self._texts.get(name, []) if text.strip()]

    def flag(self, name: str) -> bool:
        """Whether it is 1; a missing one is 0 (225)."""
        return bool(self.optional_flag(name))

    def optional_flag(self, name: str) -> bool | None:
        """Whether it is 1; None if it is missing (225)."""
        text = self.text(name)
        if text not in {None, "0", "1"}:
            raise malformed(name)
        return None if text is None else text == "1"

    def choice(self, name: str, allowed: Iterable[int], default: int | None = None) -> int:
        """One of some numbers (235); 225 if it is missing and there is no *default*."""
        number = self.number(name, default)
        if number is None:
            raise malformed(name)
        if number not in allowed:
            raise illegal(name)
        return number

    def name(self, name: str) -> str:
        """The name of an entry, in Base64; it may be empty, but not missing (225)."""
        text = self.exact(name)
        if text is None:
            raise malformed(name)
        try:
            return decode_name(text.strip())
        except ValueError as error:
            raise malformed(name) from error


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text) or abs(int(text)) > _LARGEST:
        raise malformed(name)
    return int(text)
