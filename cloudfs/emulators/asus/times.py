"""Times as the service writes them (reference 1.10). Inside they are ms since 1970."""

from datetime import datetime
from zoneinfo import ZoneInfo

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def date_text(ms: int, zone: str) -> str:
    """Like ``2024-01-02 03:04:05``."""
    return datetime.fromtimestamp(ms // SECOND, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def exact_text(ms: int, zone: str) -> str:
    """Like ``2024-01-02 03:04:05:678``."""
    return f"{date_text(ms, zone)}:{ms % SECOND:03}"


def exact_ms(text: str, zone: str) -> int:
    """The time that `exact_text` wrote. Raises ValueError."""
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S:%f").replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * SECOND + moment.microsecond // 1000
