"""Which names an entry can have (reference 1.6)."""

from cloudfs.errors import InvalidName, NameTooLong
from cloudfs.providers.base import NameRules

RULES = NameRules()


def check_name(name: str) -> None:
    """Raise InvalidName, or NameTooLong, if the service cannot hold *name*."""
    if RULES.too_long(name):
        raise NameTooLong("the name is longer than 255 bytes")
    if problem := RULES.problem(name):
        raise InvalidName(f"{name!r} {problem}")
