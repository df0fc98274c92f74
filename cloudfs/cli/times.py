"""Times and spans of time, as people write them on a command line."""

import argparse
import re
import time
from datetime import date, datetime, timedelta

SPANS = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}

_SPAN = re.compile(r"(\d{1,6})(min|h|d|w|y)", re.ASCII)
_SECOND = 1_000_000_000


def span(text: str) -> int:
    """Seconds of ``30d``; for argparse."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no span of time: write a number with one of {', '.join(SPANS)}, like 30d"
        )
    return int(found[1]) * SPANS[found[2]]


def end(text: str) -> int:
    """When something ends, in ns: a day (its last second here), a time, or a span from now.

    For argparse. A time without a zone is one of this machine's.
    """
    is_span = _SPAN.fullmatch(text) is not None
    ends = time.time_ns() + span(text) * _SECOND if is_span else _instant(text)
    if ends <= time.time_ns():
        raise argparse.ArgumentTypeError(f"{text} is over already")
    return ends


def _instant(text: str) -> int:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day).astimezone()
            moment += timedelta(days=1, seconds=-1)
        else:
            moment = datetime.fromisoformat(text).astimezone()
        return int(moment.timestamp()) * _SECOND
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date: write 2030-12-31, 2030-12-31T18:00, or a span like 30d"
        ) from error
