from collections.abc import Callable

import httpx
import pytest

from cloudfs.http.client import Http


@pytest.fixture
async def http_over():
    """Makes clients, and closes them."""
    made: list[Http] = []

    def over(transport: httpx.AsyncBaseTransport | None = None) -> Http:
        made.append(Http(transport=transport))
        return made[-1]

    yield over
    for http in made:
        await http.aclose()


HttpOver = Callable[..., Http]
