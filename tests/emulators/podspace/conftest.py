from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.faults import Kind, Rule
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.server import Running, serving
from tests.emulators.podspace.client import Client, signed_in


@pytest.fixture
def emulator(tmp_path: Path, clock: Clock):
    emulator = PodSpaceEmulator(tmp_path / "cloud", clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
async def running(emulator: PodSpaceEmulator):
    async with serving(emulator) as running:
        yield running


@pytest.fixture
async def api(running: Running):
    """The first account."""
    async with signed_in(running) as client:
        yield client


@pytest.fixture
async def visitor(running: Running):
    """Somebody without an account."""
    async with Client(running.api_url) as client:
        yield client


@pytest.fixture
async def friend(running: Running):
    """A second account."""
    running.emulator.add_account("ali", "alis-token", userid=7, name="Ali")
    async with signed_in(running, "alis-token") as client:
        yield client


@pytest.fixture
def fault(running: Running):
    def add(kind: Kind, **details) -> Rule:
        return running.emulator.faults.add(Rule(kind=kind, **details))

    return add
