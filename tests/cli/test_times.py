"""Spans and dates as people write them."""

import argparse
import time
from collections.abc import Iterator

import pytest

from cloudfs.cli.times import end, span

SECOND = 1_000_000_000


@pytest.fixture(params=["UTC", "Asia/Tehran", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"), [("5min", 300), ("2h", 7200), ("30d", 2592000), ("1w", 604800)]
)
def test_a_span_has_a_unit(text: str, seconds: int):
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["30", "d", "-1d", "1.5d", "1m", "٣d", "1 d", ""])
def test_what_is_no_span_is_refused(text: str):
    with pytest.raises(argparse.ArgumentTypeError):
        span(text)


def test_a_day_ends_with_its_last_second_here(zone: str):
    told = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(end("2090-12-31") / SECOND))
    assert told == "2090-12-31 23:59:59"


def test_a_time_is_one_of_this_machine_unless_it_says_otherwise(zone: str):
    told = time.strftime("%Y-%m-%d %H:%M", time.localtime(end("2090-12-31T18:30") / SECOND))
    assert told == "2090-12-31 18:30"
    assert end("2090-12-31T00:00:00+00:00") == 3818361600 * SECOND


def test_a_span_begins_now():
    assert abs(end("1h") - time.time_ns() - 3600 * SECOND) < 60 * SECOND
