"""Silence is checked: a test fails if it logs a warning that it did not announce.

Discretion too, where `nothing_secret_is_said` is used.
"""

import logging
from collections.abc import Generator, Iterator

import pytest

from tests.support import LAST_REASON
from tests.witness import Witness


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[2] == "Skipped":
        report.longrepr = (report.nodeid.split("[")[0], 0, f"Skipped: {LAST_REASON[0]}")
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the long tests over the run, so that no worker has them all at its end."""
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    apart = len(items) // max(1, len(long))
    for number, item in enumerate(long):
        items.insert(number * (apart + 1), item)


class Announced:
    """The warnings a test expects."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> None:
        """A warning that contains *text* is no surprise."""
        self.texts.append(text)


@pytest.fixture
def announce() -> Announced:
    return Announced()


@pytest.fixture(autouse=True)
def no_surprises(caplog: pytest.LogCaptureFixture, announce: Announced) -> Iterator[None]:
    yield
    surprises = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING
        and not any(text in record.getMessage() for text in announce.texts)
    ]
    assert not surprises, f"unannounced warnings: {surprises}"


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """Knows the secrets of the test's accounts, and all that was logged about them."""
    witness = Witness()
    witness.install(monkeypatch)
    root = logging.getLogger()
    root.addHandler(witness)
    yield witness
    root.removeHandler(witness)


@pytest.fixture
def nothing_secret_is_said(witness: Witness) -> Iterator[None]:
    """Fails if a secret, or an address that may hold one, was logged or is in an error's text."""
    yield
    leaks = witness.leaks()
    assert not leaks, f"secrets were told: {leaks[:5]}"
