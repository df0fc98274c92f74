import pytest

from cloudfs.http import retry
from tests.providers.asus.service import FakeAsus


@pytest.fixture
def service() -> FakeAsus:
    return FakeAsus()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, autojump_clock: object) -> object:
    """Who finds no connection gives up soon, and nobody waits for real."""
    monkeypatch.setattr(retry, "ATTEMPTS", 2)
    return autojump_clock
