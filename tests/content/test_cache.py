import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cloudfs.content.cache import BLOCK, BlockCache
from cloudfs.model import InodeNumber, Version

V1, V2 = Version("v1"), Version("v2")
ROOM = 100 * BLOCK


def cache(folder: Path, limit: int = ROOM) -> BlockCache:
    made = BlockCache(folder, limit=limit, keep_free=0)
    made.scan()
    return made


def number(value: int) -> InodeNumber:
    return InodeNumber(value)


def test_blocks_are_found_again_by_a_later_process(tmp_path: Path):
    first = cache(tmp_path)
    file = first.open(number(7), V1, BLOCK + 10)
    assert file.read(0, 10) is None
    assert first.store(file, 0, b"a" * BLOCK + b"b" * 10)
    assert file.read(BLOCK - 1, BLOCK + 2) == b"abb"
    first.close(file)
    again = cache(tmp_path)
    assert again.used >= BLOCK
    file = again.open(number(7), V1, BLOCK + 10)
    assert file.read(0, BLOCK + 10) == b"a" * BLOCK + b"b" * 10
    again.close(file)


def test_versions_are_kept_apart(tmp_path: Path):
    blocks = cache(tmp_path)
    old, new = blocks.open(number(7), V1, 4), blocks.open(number(7), V2, 4)
    blocks.store(old, 0, b"old!")
    assert new.read(0, 4) is None
    blocks.close(old)
    blocks.close(new)
    blocks.drop(number(7), but=V2)
    old = blocks.open(number(7), V1, 4)
    assert old.read(0, 4) is None
    blocks.close(old)


@pytest.mark.parametrize("damage", ["flip", "truncate", "map"])
def test_a_damaged_block_counts_as_absent(tmp_path: Path, damage: str):
    blocks = cache(tmp_path)
    file = blocks.open(number(1), V1, 2 * BLOCK)
    blocks.store(file, 0, b"x" * (2 * BLOCK))
    blocks.close(file)
    if damage == "flip":
        with file.path.open("r+b") as stream:
            stream.seek(BLOCK + 5)
            stream.write(b"y")
    elif damage == "truncate":
        os.truncate(file.path, BLOCK + 100)
    else:
        os.truncate(file.path.with_name(file.path.name + ".map"), 6)
    file = cache(tmp_path).open(number(1), V1, 2 * BLOCK)
    assert file.read(0, BLOCK) == b"x" * BLOCK
    assert file.read(BLOCK, 2 * BLOCK) is None
    assert not file.has(1)


def test_the_least_recently_used_gives_way(tmp_path: Path):
    blocks = cache(tmp_path, limit=3 * BLOCK)
    for value in (1, 2, 3):
        file = blocks.open(number(value), V1, BLOCK)
        assert blocks.store(file, 0, b"x" * BLOCK)
        blocks.close(file)
    blocks.close(blocks.open(number(1), V1, BLOCK))
    file = blocks.open(number(4), V1, BLOCK)
    assert blocks.store(file, 0, b"x" * BLOCK)
    blocks.close(file)
    assert blocks.used == 3 * BLOCK
    kept = [blocks.open(number(v), V1, BLOCK).has(0) for v in (1, 2, 3, 4)]
    assert kept == [True, False, True, True]


def test_what_is_open_is_not_dropped(tmp_path: Path):
    blocks = cache(tmp_path, limit=2 * BLOCK)
    file = blocks.open(number(1), V1, 10 * BLOCK)
    assert blocks.store(file, 0, b"x" * (2 * BLOCK))
    assert not blocks.store(file, 2, b"x" * BLOCK)
    assert file.read(0, 1) == b"x"


def test_a_read_that_may_not_wait_does_not_verify(tmp_path: Path):
    blocks = cache(tmp_path)
    file = blocks.open(number(1), V1, BLOCK)
    blocks.store(file, 0, b"x" * BLOCK)
    assert file.read(0, 5, may_block=False) == b"xxxxx"
    blocks.close(file)
    file = cache(tmp_path).open(number(1), V1, BLOCK)
    with pytest.raises(BlockingIOError):
        file.read(0, 5, may_block=False)
    assert file.read(0, 5) == b"xxxxx"
    assert file.read(0, 5, may_block=False) == b"xxxxx"


def filled(blocks: BlockCache, *numbers: int) -> None:
    for value in numbers:
        file = blocks.open(number(value), V1, BLOCK)
        assert blocks.store(file, 0, b"x" * BLOCK)
        blocks.close(file)


def has(blocks: BlockCache, *numbers: int) -> list[bool]:
    return [blocks.holds(number(value), V1, BLOCK) for value in numbers]


def test_what_is_pinned_is_passed_over(tmp_path: Path):
    blocks = cache(tmp_path, limit=4 * BLOCK)
    blocks.pin([number(1), number(3)])
    filled(blocks, 1, 2, 3, 4, 5, 6, 7)
    assert has(blocks, 1, 2, 3, 4, 5, 6, 7) == [True, False, True, False, False, True, True]
    assert blocks.used == 4 * BLOCK
    blocks.pin([number(3)])
    filled(blocks, 8, 9, 10)
    assert has(blocks, 1, 3, 8, 9, 10) == [False, True, True, True, True]


def test_pinned_files_alone_are_not_dropped_for_more_of_them(tmp_path: Path):
    blocks = cache(tmp_path, limit=2 * BLOCK)
    blocks.pin([number(1), number(2), number(3)])
    filled(blocks, 1, 2)
    file = blocks.open(number(3), V1, BLOCK)
    assert not blocks.store(file, 0, b"x" * BLOCK)
    assert has(blocks, 1, 2) == [True, True]
    assert blocks.used == 2 * BLOCK


def test_other_versions_of_files_are_dropped_but_for_those_that_are_open(tmp_path: Path):
    blocks = cache(tmp_path)
    filled(blocks, 1, 2)
    opened = blocks.open(number(2), V1, BLOCK)
    blocks.drop_others({number(1): V2, number(2): V2})
    assert has(blocks, 1, 2) == [False, True]
    assert blocks.used == BLOCK
    blocks.close(opened)
    blocks.drop_others({number(2): V2})
    assert blocks.used == 0


def test_many_threads_stay_within_the_limit(tmp_path: Path):
    blocks = cache(tmp_path, limit=8 * BLOCK)

    def fill(first: int) -> None:
        for value in range(first, first + 20):
            file = blocks.open(number(value), V1, BLOCK)
            if blocks.store(file, 0, b"x" * BLOCK):
                assert blocks.used <= 8 * BLOCK
            blocks.close(file)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(fill, first) for first in range(0, 160, 20)]:
            done.result()
    on_disk = [path for path in tmp_path.iterdir() if path.suffix != ".map"]
    assert len(on_disk) <= 8
