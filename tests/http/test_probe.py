"""The way to a server, step by step."""

import socket

import pytest
import trio

from cloudfs.errors import Unreachable
from cloudfs.http.probe import addresses, handshake, uses_proxy


async def test_a_name_that_is_known_has_addresses():
    assert await addresses("https://127.0.0.1/") == 1


async def test_a_name_that_nobody_has_is_told():
    with pytest.raises(Unreachable, match=r"the name nobody\.invalid is not known"):
        await addresses("https://nobody.invalid/")


async def test_a_server_that_answers_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert await handshake(url) == "not encrypted"


async def test_a_port_where_nobody_listens_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match=f"no connection to 127.0.0.1:{port}"):
        await handshake(f"http://127.0.0.1:{port}/")


async def test_a_server_that_speaks_no_tls_is_told(nursery: trio.Nursery):
    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stream.aclose()

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, hang_up, [listener])
    port = listener.socket.getsockname()[1]
    with pytest.raises(Unreachable, match="is this an https server"):
        await handshake(f"https://127.0.0.1:{port}/")


async def test_a_silent_server_is_given_up(nursery: trio.Nursery, autojump_clock: object):
    async def say_nothing(stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, say_nothing, [listener])
    port = listener.socket.getsockname()[1]
    with pytest.raises(Unreachable, match="does not answer in time"):
        await handshake(f"https://127.0.0.1:{port}/")


def test_a_proxy_of_the_environment_is_noticed(monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert not uses_proxy("https://x.test/")
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    assert uses_proxy("https://x.test/")
    assert not uses_proxy("http://x.test/")
    monkeypatch.setenv("no_proxy", "x.test")
    assert not uses_proxy("https://x.test/")
