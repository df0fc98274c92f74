import httpx
import pytest
import trio

from cloudfs.errors import Unreachable
from cloudfs.http.client import Http
from cloudfs.http.limits import priority
from cloudfs.http.retry import Repeat
from cloudfs.model import Priority


class Line:
    """A network that can be cut."""

    def __init__(self) -> None:
        self.cut = False
        self.tries = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.tries += 1
        if self.cut:
            raise httpx.ConnectError("cut", request=request)
        return httpx.Response(200)


@pytest.fixture
async def line_and_http():
    line = Line()
    http = Http(transport=httpx.MockTransport(line))
    yield line, http
    await http.aclose()


async def ask(http: Http) -> None:
    await http.request("GET", "https://service.test/x", label="x", repeat=Repeat.SAFELY)


async def test_who_comes_after_a_failure_does_not_wait(line_and_http, autojump_clock):
    line, http = line_and_http
    line.cut = True
    with pytest.raises(Unreachable):
        await ask(http)
    assert line.tries == 5
    began = trio.current_time()
    for _ in range(20):
        with pytest.raises(Unreachable):
            await ask(http)
    assert trio.current_time() == began
    assert line.tries == 5


async def test_after_a_moment_one_may_try(line_and_http, autojump_clock):
    line, http = line_and_http
    line.cut = True
    with pytest.raises(Unreachable):
        await ask(http)
    line.cut = False
    await trio.sleep(3)
    await ask(http)
    await ask(http)
    assert http.reachable


async def test_an_answer_in_the_background_ends_it(line_and_http, autojump_clock):
    line, http = line_and_http
    line.cut = True
    with pytest.raises(Unreachable):
        await ask(http)
    assert http.reachable is False
    line.cut = False
    with priority(Priority.BACKGROUND):
        await ask(http)
    await ask(http)


async def test_other_servers_are_not_concerned(line_and_http, autojump_clock):
    line, http = line_and_http
    line.cut = True
    with pytest.raises(Unreachable):
        await ask(http)
    line.cut = False
    await http.request("GET", "https://other.test/", label="y", repeat=Repeat.SAFELY)
