"""What was acknowledged before the process died is taken up by the next one."""

from pathlib import Path

import trio

from tests.counting import CountingProvider
from tests.drives import open_drive, remote_tree
from tests.journal.conftest import PATIENT


async def test_all_kinds_of_changes_survive(provider: CountingProvider, tmp_path: Path):
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        for name in ("keep", "edit", "move", "gone", "target"):
            await drive.write(f"/{name}", name.encode())
        await drive.mkdir("/old")
        await drive.write("/old/f", b"f")
        await drive.flush()
        await drive.mkdir("/new")
        await drive.mkdir("/new/deep")
        await drive.write("/new/deep/file", b"new")
        await drive.append("/edit", b" more")
        await drive.rename("/move", "/new/moved")
        await drive.unlink("/gone")
        await drive.write("/tmp", b"saved over")
        await drive.rename("/tmp", "/target")
        await drive.rename("/old", "/new/old")
        await drive.append("/new/old/f", b"!")
        expected = {
            "/keep": b"keep", "/edit": b"edit more", "/target": b"saved over", "/new": None,
            "/new/deep": None, "/new/deep/file": b"new", "/new/moved": b"move",
            "/new/old": None, "/new/old/f": b"f!",
        }  # fmt: skip
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        assert len(drive.assembly.journal.changes) >= 7
        assert await drive.ls() == ["edit", "keep", "new", "target"]
        assert await drive.ls("/new") == ["deep", "moved", "old"]
        assert await drive.read("/edit") == b"edit more"
        assert await drive.read("/new/old/f") == b"f!"
        await drive.flush()
    assert await remote_tree(provider) == expected


async def test_what_was_not_acknowledged_does_not_come_back(
    provider: CountingProvider, tmp_path: Path
):
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        await drive.write("/f", b"acknowledged")
        handle = await drive.open("/f", 2)
        await drive.drive.files.write(handle, 0, b"UNFINISHED BUSINESS")
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        assert await drive.read("/f") == b"acknowledged"
        await drive.flush()
        assert len(list(drive.assembly.folders.drafts.iterdir())) == 0
    assert await remote_tree(provider) == {"/f": b"acknowledged"}


async def test_inode_numbers_stay(provider: CountingProvider, tmp_path: Path):
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        await drive.mkdir("/d")
        await drive.write("/d/f", b"x")
        before = [(await drive.node(path)).number for path in ("/d", "/d/f")]
        await drive.flush()
        await drive.rename("/d/f", "/d/g")
    async with open_drive(provider, tmp_path, PATIENT) as drive:
        assert [(await drive.node(path)).number for path in ("/d", "/d/g")] == before


async def test_a_crash_while_requests_run_loses_and_doubles_nothing(
    provider: CountingProvider, tmp_path: Path, announce
):
    """At every request in turn: it is carried out, and the process dies before the answer."""
    announce("could not be carried out")
    for fatal in range(1, 8):
        path = tmp_path / str(fatal)
        folder = f"/{fatal}"
        async with open_drive(provider, path, PATIENT) as drive:
            await drive.mkdir(folder)
            await drive.write(f"{folder}/a", b"a")
            await drive.write(f"{folder}/b", b"b")
            await drive.flush()
            await drive.mkdir(f"{folder}/d")
            await drive.write(f"{folder}/d/c", b"c")
            await drive.append(f"{folder}/a", b"+")
            await drive.rename(f"{folder}/b", f"{folder}/d/b")
            await drive.write(f"{folder}/x", b"x")
            died = trio.Event()
            count = 0

            def die(*_: str, limit: int = fatal, died: trio.Event = died) -> None:
                nonlocal count
                count += 1
                if count == limit:
                    died.set()
                    raise trio.EndOfChannel  # whatever happens after that, is not recorded

            provider.after = die
            try:
                with trio.move_on_after(0.5):
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(drive.assembly.committer.drain)
                        await died.wait()
                        nursery.cancel_scope.cancel()
            finally:
                provider.after = lambda _, __: None
        async with open_drive(provider, path, PATIENT) as drive:
            await drive.flush()
        found = {p: d for p, d in (await remote_tree(provider)).items() if p.startswith(folder)}
        assert found == {
            folder: None, f"{folder}/a": b"a+", f"{folder}/d": None, f"{folder}/d/b": b"b",
            f"{folder}/d/c": b"c", f"{folder}/x": b"x",
        }, fatal  # fmt: skip
