from pathlib import Path

import pytest

from cloudfs.emulators.asus.emulator import OmniStorEmulator, WebStorageEmulator
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running, serving
from tests.emulators.asus.client import OTHER, Client, signed_in


@pytest.fixture
def emulator(tmp_path: Path, clock: Clock):
    emulator = WebStorageEmulator(tmp_path / "cloud", clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
async def running(emulator: WebStorageEmulator):
    async with serving(emulator) as running:
        yield running


@pytest.fixture
async def api(running: Running):
    """The first account, signed in."""
    async with signed_in(running) as client:
        yield client


@pytest.fixture
async def other(running: Running):
    """The second account, signed in."""
    async with signed_in(running, OTHER) as client:
        yield client


@pytest.fixture
async def stranger(running: Running):
    """Somebody who is not signed in."""
    async with Client(running.api_url) as client:
        yield client


@pytest.fixture
async def omnistor(tmp_path: Path, clock: Clock):
    """The first account of the other deployment, signed in."""
    emulator = OmniStorEmulator(tmp_path / "omnistor", clock=clock)
    async with serving(emulator) as running, signed_in(running) as client:
        yield client
    emulator.close()
