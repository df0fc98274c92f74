"""`cloudfs archive`, `extract`, `fetch`, `preview`: work that the service does."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.memory import account_for
from tests.cli.service import Home, Said, Service

Cloudfs = Callable[..., Said]
PICTURE = b"\x89PNG\r\n\x1a\nnot really"


@pytest.fixture
def service(home: Home, serve: Callable[[str], Service]) -> Service:
    service = serve("podspace")
    home.remote("work", type="podspace", **service.account)
    for path in ("/a/f.txt", "/a/sub/g.txt", "/b/h.txt"):
        service.do(lambda path=path: service.emulator.write(path, path.encode()))
    return service


@pytest.fixture
def site() -> Iterator[str]:
    """A web server that answers every path with it."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.path.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def tree(service: Service) -> dict[str, bytes | None]:
    return service.do(service.emulator.tree)


def test_entries_are_packed_and_unpacked(service: Service, cloudfs: Cloudfs):
    said = cloudfs("archive", "work:a", "work:b/h.txt", "work:all.zip")
    assert (said.status, said.out) == (0, "/all.zip\n"), said.err
    assert (tree(service)["/all.zip"] or b"").startswith(b"PK")
    assert cloudfs("extract", "work:all.zip").out == "/all/\n"
    said = cloudfs("extract", "work:all.zip", "work:b", "--json")
    assert json.loads(said.out)["path"] == "/b/all"
    found = tree(service)
    assert found["/all/a/sub/g.txt"] == found["/b/all/a/sub/g.txt"] == b"/a/sub/g.txt"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["archive", "work:a", "work:b/h.txt"], "h.txt exists in b"),
        (["archive", "work:none", "work:x.zip"], "there is no work:/none"),
        (["archive", "work:a", "work:none/x.zip"], "there is no work:/none"),
        (["extract", "work:a"], "work:a is a folder"),
        (["extract", "work:b/h.txt", "work:a/f.txt"], "work:a/f.txt is a file"),
    ],
)
def test_what_cannot_be_packed_or_unpacked_changes_nothing(
    words: list[str], reason: str, service: Service, cloudfs: Cloudfs
):
    before = tree(service)
    said = cloudfs(*words)
    assert (said.status, said.err) == (1, f"cloudfs: {reason}\n")
    assert tree(service) == before


def test_the_service_fetches_an_address(service: Service, site: str, cloudfs: Cloudfs):
    assert cloudfs("fetch", f"{site}/pages/one.txt?x=1", "work:b").out == "/b/one.txt\n"
    assert cloudfs("fetch", f"{site}/two", "work:b/renamed.txt").out == "/b/renamed.txt\n"
    found = tree(service)
    assert (found["/b/one.txt"], found["/b/renamed.txt"]) == (b"/pages/one.txt?x=1", b"/two")


def test_a_name_that_is_taken_is_not_fetched_to(service: Service, site: str, cloudfs: Cloudfs):
    said = cloudfs("fetch", f"{site}/h.txt", "work:b")
    assert (said.status, said.err) == (1, "cloudfs: h.txt exists in b\n")
    assert service.received("fetch-url") == 0


@pytest.mark.parametrize("url", ["file:///etc/passwd", "one.txt", "ftp://x/y", "http://"])
def test_only_web_addresses_are_fetched(url: str, service: Service, cloudfs: Cloudfs):
    assert cloudfs("fetch", url, "work:b").status == 2
    assert service.received("fetch-url") == 0


def test_a_preview_is_a_picture(
    service: Service, cloudfs: Cloudfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    service.do(lambda: service.emulator.write("/p.png", PICTURE))
    monkeypatch.chdir(tmp_path)
    said = cloudfs("preview", "work:p.png")
    assert (said.status, said.out[:17]) == (0, "p.png.preview.png"), said.err
    assert (tmp_path / "p.png.preview.png").read_bytes().startswith(b"\x89PNG")
    assert cloudfs("preview", "work:p.png").status == 2  # it is there
    said = cloudfs("preview", "work:p.png", str(tmp_path / "here"), "--json")
    assert json.loads(said.out)["file"] == str(tmp_path / "here")


def test_what_has_no_preview_is_told(service: Service, cloudfs: Cloudfs, tmp_path: Path):
    said = cloudfs("preview", "work:b/h.txt", str(tmp_path / "x"))
    assert (said.status, said.err) == (1, "cloudfs: PodSpace has no preview of h.txt\n")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["archive", "work:f", "work:x.zip"], "making of archives"),
        (["extract", "work:f"], "unpacking of archives"),
        (["fetch", "https://example.com/x", "work:"], "fetching of web addresses"),
        (["preview", "work:f"], "previews"),
    ],
)
def test_a_service_that_lacks_it_is_named(
    words: list[str],
    missing: str,
    home: Home,
    cloudfs: Cloudfs,
    monkeypatch: pytest.MonkeyPatch,
):
    account_for(home, monkeypatch).write("/f", b"f")
    said = cloudfs(*words)
    assert said.err == f"cloudfs: An account in memory has no {missing} that cloudfs can use\n"
    assert said.status == 1
