"""Days, as shares and searches speak of them: those of UTC."""

from datetime import UTC, date, datetime, time

DAY_MS = 24 * 3600 * 1000


def begin_of(day: date) -> int:
    """When a day begins, in ms."""
    return round(datetime.combine(day, time(), UTC).timestamp() * 1000)


def end_of(day: date) -> int:
    """When a day is over, in ms."""
    return begin_of(day) + DAY_MS


def ending_at(end: int) -> str:
    """The day that is over at *end* ms, like 2024-05-01."""
    return datetime.fromtimestamp(end / 1000 - 1, UTC).date().isoformat()
