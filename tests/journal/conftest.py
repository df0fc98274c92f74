from pathlib import Path

import pytest

from cloudfs.config import MountSettings
from tests.counting import CountingProvider
from tests.drives import open_drive

# Nothing is carried out before a flush: the tests say what comes first.
PATIENT = MountSettings(hold_back=1000.0)


@pytest.fixture
def provider() -> CountingProvider:
    return CountingProvider()


@pytest.fixture
async def drive(provider: CountingProvider, tmp_path: Path):
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        yield drive


@pytest.fixture(autouse=True)
def impatient_committer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock cannot be moved while threads work, so the waits are short instead."""
    monkeypatch.setattr("cloudfs.journal.committer.FIRST_WAIT", 0.01)
