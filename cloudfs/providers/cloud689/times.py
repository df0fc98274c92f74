"""Times, which the service writes without a zone and in two zones at once (reference 1.3)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudfs.errors import InvalidRequest
from cloudfs.providers.cloud689 import values

SECOND = 1_000_000_000
HOUR = 3600
FARTHEST_ZONE = 14.0  # hours from UTC

_TIME = re.compile(
    r"(\d{4})[/-](\d\d?)[/-](\d\d?)(?:[ T](\d\d?):(\d\d):(\d\d)(?:\.\d{1,9})?)?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: Any, *, hours: float = 0.0) -> int | None:
    """The time that *value* writes in a zone *hours* ahead of UTC, in nanoseconds, UTC."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        written = datetime(*(int(part or 0) for part in match.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]  # six of them
    except ValueError:
        return None
    seconds = (written - _EPOCH) // timedelta(seconds=1) - round(hours * HOUR)
    return seconds * SECOND if 0 < seconds <= values.LARGEST // SECOND else None


def milliseconds(value: Any) -> int | None:
    """The epoch milliseconds that *value* is."""
    found = values.integer(value)
    return found if found is not None and found <= values.LARGEST // 1_000_000 else None


@dataclass(frozen=True, slots=True)
class Zones:
    """In which zone the times of a call are: the user's, *hours* ahead of UTC, or UTC."""

    hours: float = 0.0
    browse_utc: bool = False

    def user(self, value: Any) -> int | None:
        """A time in the user's zone."""
        return moment(value, hours=self.hours)

    def utc(self, value: Any) -> int | None:
        """A time in UTC."""
        return moment(value)

    def browsed(self, value: Any) -> int | None:
        """The time of a file in a listing."""
        return self.utc(value) if self.browse_utc else self.user(value)

    def stamp(self, ns: int | None) -> str:
        """A mark of a time, the same for times that differ by the user's distance from UTC.

        Such two are one time that two calls wrote in different zones.
        """
        if ns is None:
            return ""
        seconds = ns // SECOND
        step = round(abs(self.hours) * HOUR)
        return str(seconds % step if step else seconds)

    def day(self, ns: int) -> str:
        """The user's day at a time, as links want it (reference 3.13). Raises InvalidRequest."""
        try:
            here = _EPOCH + timedelta(seconds=ns // SECOND + round(self.hours * HOUR))
        except OverflowError as error:
            raise InvalidRequest("nothing can end then") from error
        return f"{here.year:04}/{here.month:02}/{here.day:02}"


def hours_of(value: Any) -> float:
    """How far a `time_zone` is ahead of UTC; 0.0 if it makes no sense."""
    found: Any = values.whole(value)
    if found is None and isinstance(value, float):
        found = value
    return float(found) if found is not None and abs(found) <= FARTHEST_ZONE else 0.0
