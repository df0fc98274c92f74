import pytest

from tests.providers.cloudike.extras import FullCloudike


@pytest.fixture
def service() -> FullCloudike:
    return FullCloudike()
