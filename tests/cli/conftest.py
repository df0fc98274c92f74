import io
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cloudfs.cli.main import main
from tests.cli.service import Home, Said, Service


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path)
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "keyring", None)
    return home


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], Service]]:
    """Emulated services for one test."""
    with ExitStack() as stack:
        yield lambda type_: stack.enter_context(Service(type_, tmp_path / type_).served())


@pytest.fixture
def cloudfs(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """A command of a program: standard input is no terminal."""

    def run(*words: str, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            main(words)
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Said(status, *capsys.readouterr())

    return run
