"""The attribute blob of an entry: XML children that clients make up (reference 1.11)."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus.payload import Malformed, parse, to_text
from cloudfs.emulators.asus.times import SECOND
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.tree import Node

ATTRIBUTE = "attribute"  # the element, and the kind of record

_CREATED, _MODIFIED = "creationtime", "lastwritetime"
_THREE = (_CREATED, "lastaccesstime", _MODIFIED)
_DEEPEST = 20  # levels; more is taken for malformed
_LATEST = 10**12  # seconds


@dataclass(frozen=True, slots=True)
class Attribute:
    """A blob: its children as they were written, and the times that it tells, in ms."""

    fragment: str
    created: int | None
    modified: int | None


def from_fragment(text: str | None, now: int) -> Attribute:
    """The blob of a query parameter; the three times are *now* if it is missing or malformed."""
    try:
        return _read(parse(f"<{ATTRIBUTE}>{text or ''}</{ATTRIBUTE}>"))
    except Malformed:
        return _three_times(now)


def from_element(element: Element | None, now: int) -> Attribute:
    """The blob of an XML body, whose children may be written as escaped text."""
    if element is None or len(element) == 0:
        return from_fragment(None if element is None else element.text, now)
    try:
        return _read(element)
    except Malformed:
        return _three_times(now)


def _read(element: Element) -> Attribute:
    texts = [element.text, *(child.tail for child in element)]
    if len(element) == 0 or any(text and text.strip() for text in texts):
        raise Malformed("there should be children, and nothing else")
    _check_depth(element)
    fragment = "".join(map(to_text, element))
    return Attribute(fragment, _time(element, _CREATED), _time(element, _MODIFIED))


def _check_depth(element: Element) -> None:
    level = [element]
    for _ in range(_DEEPEST + 1):
        level = [child for parent in level for child in parent]
        if not level:
            return
    raise Malformed("this is nested too deep")


def _three_times(now: int) -> Attribute:
    fragment = "".join(f"<{name}>{now // SECOND}</{name}>" for name in _THREE)
    return Attribute(fragment, now, now)


def _time(element: Element, name: str) -> int | None:
    text = (element.findtext(name) or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_LATEST)):
        return None
    return int(text) * SECOND


def set_attribute(store: Store, node: Node, attribute: Attribute, now: int) -> None:
    """Give an entry a blob, in place of the one it had."""
    store.records.put(ATTRIBUTE, str(node.id), node.owner, {"fragment": attribute.fragment})
    modified = now if attribute.modified is None else attribute.modified
    store.tree.set_client_times(node, attribute.created, modified)


def attribute_of(store: Store, node: Node) -> Attribute:
    """The blob of an entry."""
    record = store.records.get(ATTRIBUTE, str(node.id))
    if record is None:
        return _three_times(node.created)
    return Attribute(record.data["fragment"], node.client_created, node.client_modified)


def attribute_element(store: Store, node: Node) -> Element:
    """The blob of an entry, as answers show it."""
    return parse(f"<{ATTRIBUTE}>{attribute_of(store, node).fragment}</{ATTRIBUTE}>")


def forget_attribute(store: Store, node_id: int) -> None:
    """Let go of the blob of an entry that is gone."""
    store.records.remove(ATTRIBUTE, str(node_id))
