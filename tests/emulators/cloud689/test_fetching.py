"""Reference 3.8: files that the service fetches itself."""

import pytest
import trio

from cloudfs.emulators.server import Running
from tests.emulators.cloud689.client import Client

FETCH = "upload/cloud"


def wanted(url: str, **changes: object) -> dict[str, object]:
    usual = {"file_name": "f.txt", "file_type": "text/plain", "cloud_type": 1}
    return {**usual, "content_url": url, **changes}


@pytest.fixture
async def served(request):
    """The URL of a web server that says what a test wants."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")

        async def serve(stream: trio.SocketStream) -> None:
            async with stream:
                await stream.receive_some()
                await stream.send_all(request.param)

        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/x"
        nursery.cancel_scope.cancel()


GOOD = b"HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\ncontent"


@pytest.mark.parametrize("served", [GOOD], indirect=True)
async def test_a_file_is_fetched(api: Client, served: str):
    folder = await api.folder("d")
    made = await api.ok(FETCH, **wanted(served, folder_id=folder, session_upload="s"))
    assert (made["title"], made["file_size"], made["content_type"]) == ("f.txt", 7, "text/plain")
    assert await api.fetch(made["file_id"]) == b"content"
    assert await api.names(folder) == ["f.txt"]


@pytest.mark.parametrize(
    "served",
    [
        b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\ncut off",
        b"nonsense\r\n\r\n",
    ],
    indirect=True,
)
async def test_a_fetch_may_fail(api: Client, served: str):
    assert await api.refused(FETCH, **wanted(served)) == (301, "Upload file error")
    assert await api.names() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"content_url": "file:///etc/passwd"}, (400, "Invalid parameter")),
        ({"content_url": "http://[::1"}, (400, "Invalid parameter")),
        ({"cloud_type": 4}, (400, "Invalid parameter")),
        ({"file_name": "a/b"}, (400, "Invalid parameter")),
        ({"file_type": None}, (404, "Parameter missing")),
        ({"project_id": None}, (404, "Parameter missing")),
        ({"project_id": "0" * 32}, (404, "Project not found")),
        ({"folder_id": "0" * 32}, (404, "Folder not found")),
        ({"content_url": "http://127.0.0.1:1/x"}, (301, "Upload file error")),
    ],
)
async def test_a_fetch_must_make_sense(api: Client, running: Running, changes, expected):
    params = wanted(running.api_url, **changes)
    assert await api.refused(FETCH, **params) == expected
