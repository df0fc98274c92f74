from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
from cloudfs.emulators.server import Running, serving
from tests.emulators.client import Client, signed_in

NOW = 1_700_000_000.0


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is advanced."""
    return Clock(lambda: NOW)


@pytest.fixture
def emulator(tmp_path: Path, clock: Clock):
    emulator = CloudikeEmulator(tmp_path / "cloud", clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
async def running(emulator: CloudikeEmulator):
    async with serving(emulator) as running:
        yield running


@pytest.fixture
async def api(running: Running):
    """The default account, signed in."""
    async with signed_in(running) as client:
        yield client


@pytest.fixture
async def stranger(running: Running):
    """Somebody without an account."""
    async with Client(running.api_url) as client:
        yield client


@pytest.fixture
async def friend(running: Running):
    """A second account, signed in."""
    running.emulator.add_account("friend@example.com", "secret", userid=95, name="Friend")
    async with signed_in(running, "friend@example.com", "secret") as client:
        yield client
