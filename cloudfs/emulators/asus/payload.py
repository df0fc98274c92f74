"""XML in and out (reference 1.5)."""

import xml.etree.ElementTree as ET
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


class Malformed(Exception):
    """This is no XML, or XML that nobody should read."""


def parse(text: str | bytes) -> Element:
    """The root of a document; a DTD is never read. Raises Malformed."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Malformed(str(error)) from error
    assert isinstance(root, Element)
    return root


def leaf(name: str, value: object = "") -> Element:
    """An element that holds a text."""
    element = Element(name)
    element.text = str(value)
    return element


def branch(name: str, *children: Element) -> Element:
    """An element that holds others."""
    element = Element(name)
    element.extend(children)
    return element


def to_text(element: Element) -> str:
    """An element as it is written, without the blanks that follow it."""
    tail, element.tail = element.tail, None
    text = ET.tostring(element, encoding="unicode", short_empty_elements=False)
    element.tail = tail
    return text


def document(root: Element) -> bytes:
    """A whole document."""
    return (DECLARATION + to_text(root)).encode()
