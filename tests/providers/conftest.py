from collections.abc import Iterator

import pytest

from cloudfs.http.limits import priority
from cloudfs.model import Priority


@pytest.fixture(autouse=True)
def in_the_background() -> Iterator[None]:
    """Changes are brought to a service in the background, and so they are here."""
    with priority(Priority.BACKGROUND):
        yield


@pytest.fixture(autouse=True)
def discretion(nothing_secret_is_said: None) -> None:
    """No secret is logged, whatever a service answers."""
