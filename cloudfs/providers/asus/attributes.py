"""The attribute blob of an entry: times, and what other programs keep there (reference 1.11).

Whoever writes the blob writes all of it, so what is not ours is carried along untouched.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from defusedxml import ElementTree

from cloudfs.providers.asus import values
from cloudfs.providers.asus.payload import Fragment

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CREATED = "creationtime"
ACCESSED = "lastaccesstime"
WRITTEN = "lastwritetime"


@dataclass(frozen=True, slots=True)
class Attribute:
    """The children of the blob in their order: name, text, and how each is written."""

    children: tuple[tuple[str, str, str], ...] = ()

    @property
    def written_ns(self) -> int | None:
        """When the content was last modified."""
        return self._time(WRITTEN)

    @property
    def created_ns(self) -> int | None:
        """When the entry came to be."""
        return self._time(CREATED)

    def timed(
        self, *, created: int | None = None, accessed: int | None = None, written: int | None = None
    ) -> "Attribute":
        """The blob with these times, in seconds, and all else as it was."""
        changed = self
        for name, seconds in ((CREATED, created), (ACCESSED, accessed), (WRITTEN, written)):
            if seconds is not None:
                changed = changed.with_text(name, str(seconds))
        return changed

    def with_text(self, name: str, text: str) -> "Attribute":
        """The blob with one child set; *name* and *text* need no escaping."""
        child = (name, text, f"<{name}>{text}</{name}>")
        children = list(self.children)
        for place, (known, _, _) in enumerate(children):
            if known == name:
                children[place] = child
                return replace(self, children=tuple(children))
        return replace(self, children=(*children, child))

    @property
    def xml(self) -> str:
        """The children as XML."""
        return "".join(written for _, _, written in self.children)

    @property
    def fragment(self) -> Fragment:
        """The children, for a request."""
        return Fragment(self.xml)

    def _time(self, name: str) -> int | None:
        for known, text, _ in self.children:
            if known == name:
                return values.epoch(text)
        return None


def fresh(*, created: int, written: int) -> Attribute:
    """The blob of a new entry; times in seconds."""
    return Attribute().timed(created=created, accessed=created, written=written)


def attribute(element: "Element | None") -> Attribute:
    """The blob in a reply: nested children, or the same as text. What is malformed is empty."""
    if element is None:
        return Attribute()
    children = list(element)
    if not children and (element.text or "").strip():
        children = _parsed(element.text or "")
    try:
        return Attribute(
            tuple((child.tag, child.text or "", _written(child)) for child in children)
        )
    except (RecursionError, ValueError, TypeError):
        return Attribute()


def _parsed(text: str) -> "list[Element]":
    try:
        return list(ElementTree.fromstring(f"<attribute>{text}</attribute>"))
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return []


def _written(child: "Element") -> str:
    tail, child.tail = child.tail, None
    try:
        return ET.tostring(child, encoding="unicode", short_empty_elements=False)
    finally:
        child.tail = tail
