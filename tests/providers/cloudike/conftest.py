import pytest

from tests.providers.cloudike.service import FakeCloudike


@pytest.fixture
def service() -> FakeCloudike:
    return FakeCloudike()
