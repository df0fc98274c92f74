"""Reference 6: every call that a drive may need is served, and nothing else."""

import pytest

from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import LABELS, NoRoute, WrongMethod, split

POSTS = (
    *("user/login", "user/login/checkmail", "user/logout", "user/info", "user/getteam"),
    *("user/project", "project/create", "project/list", "project/edit", "project/delete"),
    *("project/info", "project/f/browse", "project/f/create", "project/f/edit"),
    *("project/f/move", "project/f/info", "project/f/delete", "project/f/restore"),
    *("project/f/deleteforever", "upload", "upload/cloud", "download"),
    *("encode/start/license", "encode/status", "license/info", "license/update"),
    *("license/register", "link/create", "link/get", "link/remove", "link/share"),
    *("link/browse", "project/comment/create", "project/comment/update"),
    *("project/comment/delete", "project/comment/get"),
)
GETS = ("history/project", "history/team")


@pytest.mark.parametrize(
    ("method", "call"), [("POST", call) for call in POSTS] + [("GET", call) for call in GETS]
)
def test_a_call_is_served(emulator: Cloud689Emulator, method: str, call: str):
    assert emulator.match(Origin.API, method, split(f"/api/{call}")).route.key == call
    assert emulator.match(Origin.API, method, split(f"/api//{call}/")).route.key == call
    with pytest.raises(WrongMethod):
        emulator.match(Origin.API, "PUT", split(f"/api/{call}"))
    for origin, path in ((Origin.STORE, f"/api/{call}"), (Origin.API, f"/{call}")):
        with pytest.raises(NoRoute):
            emulator.match(origin, method, split(path))


def test_the_words_that_all_emulators_use_are_used(emulator: Cloud689Emulator):
    calls = [("POST", call) for call in POSTS] + [("GET", call) for call in GETS]
    used = {
        emulator.match(Origin.API, method, split(f"/api/{call}")).route.label
        for method, call in calls
    }
    # Chunks are uploads; no URL is signed, nothing copied, nothing has versions; the trash is
    # listed like a folder.
    absent = {"start-upload", "upload-part", "confirm-upload", "link", "copy", "trash-list"}
    assert used >= set(LABELS) - absent - {"versions", "restore-version"}
