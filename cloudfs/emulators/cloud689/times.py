"""Times as the service writes them: of UTC in some places, of the user's zone in others.

Which of the two is told in reference 1.3.
"""

import re
from datetime import UTC, datetime, timedelta

_FORM = "%Y/%m/%d %H:%M:%S"
_DAY = re.compile(r"\d{4}/\d\d/\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", re.ASCII)
END_OF_DAY = "23:59:59"


def time_text(ms: int, zone: int = 0) -> str:
    """A time, as a clock *zone* hours ahead of UTC shows it."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC) + timedelta(hours=zone):{_FORM}}"


def last_moment(text: str) -> str | None:
    """A time, or the end of a day, in the long form; None if *text* is neither."""
    if _DAY.fullmatch(text):
        text = f"{text} {END_OF_DAY}"
    if not _TIME.fullmatch(text):
        return None
    try:
        datetime.strptime(text, _FORM)  # noqa: DTZ007 - of no zone
    except ValueError:
        return None
    return text


def end_ms(text: str) -> int:
    """When a time in the long form is over, in ms, if it is one of UTC."""
    found = datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    return round(found.timestamp() * 1000) + 1000
