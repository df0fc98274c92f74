from collections.abc import AsyncIterator

import pytest

from tests.providers.cloud689.service import FakeCloud689


@pytest.fixture
async def service() -> AsyncIterator[FakeCloud689]:
    service = FakeCloud689()
    yield service
    for provider in service.providers:
        service.disturb = None
        await provider.aclose()
