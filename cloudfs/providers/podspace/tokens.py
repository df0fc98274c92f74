"""The token object that a sign-in or a refresh gives (reference 2.2)."""

from dataclasses import dataclass, field
from typing import Any

from cloudfs.errors import BadReply
from cloudfs.providers.podspace import values, wire


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is known of a session."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    lifetime: float | None  # seconds; None: the service does not tell


def tokens(value: Any) -> Tokens:
    """The tokens in an answer. Raises BadReply if there is none."""
    members = values.optional_record(wire.result(value)) or values.optional_record(value)
    access = values.visible(members.get("access_token"))
    if access is None:
        raise BadReply("the answer holds no access token")
    lifetime = values.integer(members.get("expires_in"))
    return Tokens(
        access,
        values.visible(members.get("refresh_token")),
        None if lifetime is None else float(lifetime),
    )
