from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.faults import Kind, Rule
from cloudfs.emulators.server import Running, serving
from tests.emulators.cloud689.client import Client, signed_in


@pytest.fixture
def emulator(tmp_path: Path, clock: Clock):
    emulator = Cloud689Emulator(tmp_path / "cloud", clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
async def running(emulator: Cloud689Emulator):
    async with serving(emulator) as running:
        yield running


@pytest.fixture
async def api(running: Running):
    """The first account, in its first project."""
    async with signed_in(running) as client:
        yield client


@pytest.fixture
async def visitor(running: Running):
    """Somebody without an account."""
    async with Client(running.api_url) as client:
        yield client


@pytest.fixture
async def colleague(running: Running, emulator: Cloud689Emulator):
    """A second account of the team, which may edit the project."""
    emulator.add_account("bob@example.com", "secret", name="Bob Ray", time_zone=2)
    emulator.add_member("Documents", "bob@example.com", 2)
    async with signed_in(running, "bob@example.com", "secret") as client:
        yield client


@pytest.fixture
def fault(running: Running):
    def add(kind: Kind, **details) -> Rule:
        return running.emulator.faults.add(Rule(kind=kind, **details))

    return add


@pytest.fixture
async def member(running: Running, emulator: Cloud689Emulator):
    """An account that may change in the project what is its own."""
    emulator.add_account("max@example.com", "m")
    emulator.add_member("Documents", "max@example.com", 3)
    async with signed_in(running, "max@example.com", "m") as client:
        yield client


@pytest.fixture
async def limited(running: Running, emulator: Cloud689Emulator):
    """An account that may look at the project."""
    emulator.add_account("eve@example.com", "e")
    emulator.add_member("Documents", "eve@example.com", 4)
    async with signed_in(running, "eve@example.com", "e") as client:
        yield client
