"""A request that was carried out and not answered is neither lost nor made twice."""

import pytest

from tests.counting import CountingProvider
from tests.drives import DriveByPath, remote_tree


@pytest.mark.parametrize("verb", ["create_folder", "upload", "replace", "move", "remove"])
async def test_a_lost_answer_is_looked_up(
    drive: DriveByPath, provider: CountingProvider, verb: str
):
    await drive.write("/edit", b"edit")
    await drive.write("/move", b"move")
    await drive.write("/gone", b"gone")
    await drive.flush()
    await drive.mkdir("/d")
    await drive.write("/d/new", b"new")
    await drive.append("/edit", b"ed")
    await drive.rename("/move", "/d/moved")
    await drive.unlink("/gone")
    provider.calls.clear()
    provider.lose_answers(verb)
    await drive.flush()
    assert await remote_tree(provider) == {
        "/edit": b"edited", "/d": None, "/d/new": b"new", "/d/moved": b"move",
    }  # fmt: skip
    once = {"create_folder": 1, "upload": 1, "replace": 1, "move": 1, "remove": 1}
    if verb == "remove":
        once["remove"] = 2  # a removal may be asked for twice
    assert provider.changes_made == once


async def test_a_file_removed_while_its_upload_was_unanswered_goes(
    drive: DriveByPath, provider: CountingProvider
):
    await drive.write("/f", b"x")
    provider.lose_answers("upload")
    await drive.flush()
    assert await remote_tree(provider) == {"/f": b"x"}
    await drive.unlink("/f")
    await drive.flush()
    assert await remote_tree(provider) == {}
