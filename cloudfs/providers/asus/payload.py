"""Requests: XML documents, elements in the order in which they are given (reference 1.5, 1.9)."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from cloudfs.errors import InvalidName, InvalidRequest

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text that is XML already."""

    xml: str


Member = tuple[str, str | Fragment]


def document(root: str, members: Iterable[Member]) -> bytes:
    """A request. Raises InvalidRequest for text that XML cannot carry."""
    content = "".join(f"<{name}>{_content(value)}</{name}>" for name, value in members)
    return f"{DECLARATION}<{root}>{content}</{root}>".encode()


def encoded_name(name: str) -> str:
    """The Base64 form of a name (reference 1.9). Raises InvalidName if it is not Unicode."""
    try:
        return base64.b64encode(name.encode("utf-8")).decode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidName(f"{name!r} is not valid UTF-8") from error


def _content(value: str | Fragment) -> str:
    if isinstance(value, Fragment):
        return value.xml
    if _NOT_XML.search(value):
        raise InvalidRequest("a value holds a character that cannot be sent")
    return escape(value, {"\r": "&#13;"})
