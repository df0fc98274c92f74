"""Reference 3.21: search."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import Client, display


@pytest.fixture
def tree(running: Running, clock: Clock):
    emulator = running.emulator
    emulator.write("/Photos/Photo one.PNG", bytes(2000))
    emulator.write("/Photos/film.mp4", bytes(5000))
    clock.advance(86400)
    emulator.write("/song.mp3", bytes(3000))
    emulator.write("/report.pdf", bytes(100))
    emulator.write("/notes.txt", b"")
    clock.advance(86400)
    emulator.write("/data.bin", bytes(9))
    emulator.write("/photo gone.png", b"x")
    emulator.remove("/photo gone.png")


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({"words": "photo"}, ["Photo one.PNG", "Photos"]),
        ({"title": "ONE.p"}, ["Photo one.PNG"]),
        ({"words": "photo", "title": "one"}, ["Photo one.PNG"]),
        ({"type": "image"}, ["Photo one.PNG"]),
        ({"type": "video"}, ["film.mp4"]),
        ({"type": "audio"}, ["song.mp3"]),
        ({"type": "document"}, ["notes.txt", "report.pdf"]),
        ({"type": "folder"}, ["Photos"]),
        ({"minSize": "3000"}, ["film.mp4", "song.mp3"]),
        ({"minSize": "1", "maxSize": "100"}, ["data.bin", "report.pdf"]),
        ({"after": "2023-11-16"}, ["data.bin"]),
        ({"before": "2023-11-14"}, ["Photo one.PNG", "Photos", "film.mp4"]),
        ({"after": "2023-11-15", "before": "2023-11-15"}, ["notes.txt", "report.pdf", "song.mp3"]),
        ({"words": "photo", "type": "image", "minSize": "1000", "after": "2023-01-01"},
         ["Photo one.PNG"]),
        ({"words": "nothing"}, []),
        ({"before": "9999-12-31", "words": "data"}, ["data.bin"]),
    ],
)  # fmt: skip
async def test_all_criteria_must_be_met(api: Client, tree, criteria: dict, names: list[str]):
    found = await api.ok("GET", "files/search", start=0, size=100, **criteria)
    assert [display(entity) for entity in found["list"]] == names
    assert found["count"] == len(names)


async def test_what_is_found_is_paged_and_sorted(api: Client, tree):
    params = {"minSize": "1", "order": "SIZE", "desc": "true"}
    found = await api.ok("GET", "files/search", start=1, size=2, **params)
    assert [display(entity) for entity in found["list"]] == ["song.mp3", "Photo one.PNG"]
    assert found["count"] == 5


async def test_what_is_found_is_told_as_in_a_list(api: Client, tree):
    photos = (await api.ok("GET", "files/ROOT/exist", fileName="Photos"))["hash"]
    found = await api.ok("GET", "files/search", words="one")
    assert found["list"] == [(await api.ls(photos))[0]]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, (400, 101)),
        ({"words": ""}, (400, 101)),
        ({"type": "sculpture"}, (400, 101)),
        ({"minSize": "big"}, (400, 101)),
        ({"after": "1.1.2023"}, (400, 103)),
        ({"before": "2023-13-01"}, (400, 103)),
    ],
)
async def test_a_search_may_be_refused(api: Client, criteria: dict, expected: tuple[int, int]):
    assert await api.refused("GET", "files/search", **criteria) == expected


async def test_only_the_own_tree_is_searched(api: Client, friend: Client, tree):
    photos = (await api.ok("GET", "files/ROOT/exist", fileName="Photos"))["hash"]
    await api.ok("POST", f"files/{photos}/share", level="VIEW", persons="ali")
    assert (await friend.ok("GET", "files/search", words="photo"))["count"] == 0
