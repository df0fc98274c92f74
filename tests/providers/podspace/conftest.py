import pytest

from tests.providers.podspace.service import FakePodspace


@pytest.fixture
def service() -> FakePodspace:
    return FakePodspace()
