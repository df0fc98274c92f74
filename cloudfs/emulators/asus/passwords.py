"""Passwords: the MD5 form, and the form that is encrypted with a ProgKey (reference 1.12, 2.4)."""

import base64
import binascii
import hashlib
import re

from cloudfs.emulators.asus.tripledes import decrypt

_DIGEST = re.compile(r"[0-9a-fA-F]{32}")


def md5_form(password: str) -> str:
    """The MD5 form of a password as it was typed, in lower-case digits."""
    return hashlib.md5(password.lower().encode(), usedforsecurity=False).hexdigest()


def as_md5_form(text: str) -> str:
    """The MD5 form of what may be one already."""
    return text.lower() if _DIGEST.fullmatch(text) else md5_form(text)


def decrypted(symmetric: str, progkey: str) -> str | None:
    """The password in a ``symmetrypwd``; None if it was not made with that ProgKey."""
    try:
        return decrypt(base64.b64decode(symmetric, validate=True), progkey.encode()[:24]).decode()
    except (binascii.Error, ValueError):
        return None
