import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.multipart import Progress, resumed
from cloudfs.providers.s3.parts import part_size_for, plan
from cloudfs.providers.s3.settings import LARGEST_PART, MIB, SMALLEST_PART
from tests.support import BytesContent

SIZES = st.one_of(
    st.integers(0, 60 * MIB), st.integers(0, 5 * 1024**4), st.sampled_from([LARGEST_PART])
)


@st.composite
def files(draw):
    size = draw(SIZES)
    cuts = sorted(set(draw(st.lists(st.integers(0, max(size, 1) + 10 * MIB), max_size=8))))
    return size, list(zip(cuts[::2], cuts[1::2], strict=False))


@given(file=files(), part_size=st.sampled_from([5 * MIB, 8 * MIB, 100 * MIB, LARGEST_PART]))
def test_parts_are_as_the_service_takes_them(file, part_size: int):
    size, unchanged = file
    parts = plan(size, part_size, unchanged)
    assert [p.number for p in parts] == list(range(1, len(parts) + 1))
    assert len(parts) <= 10_000
    at = 0
    for part in parts:
        assert part.start == at
        at = part.stop
        assert part.stop - part.start <= LARGEST_PART
        if part.copied:
            assert any(low <= part.start and part.stop <= high for low, high in unchanged)
            assert part.stop - part.start >= SMALLEST_PART
        if part is not parts[-1]:
            assert part.stop - part.start >= SMALLEST_PART
    assert at == size


def test_what_is_unchanged_is_copied():
    parts = plan(100 * MIB, 8 * MIB, [(0, 40 * MIB), (40 * MIB + 10, 100 * MIB)])
    assert [(p.start, p.stop) for p in parts if not p.copied] == [(40 * MIB, 45 * MIB)]


def test_an_appended_file_sends_its_end_only():
    parts = plan(30 * MIB + 5, 8 * MIB, [(0, 30 * MIB)])
    assert [(p.start, p.stop, p.copied) for p in parts] == [
        (0, 30 * MIB, True),
        (30 * MIB, 30 * MIB + 5, False),
    ]


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (1, 8 * MIB),
        (70 * 1024 * MIB, 8 * MIB),
        (71 * 1024 * MIB, 9 * MIB),
        (5 * 1024**4, 583 * MIB),
    ],
)
def test_parts_grow_with_the_file(size: int, part: int):
    assert part_size_for(size, 8 * MIB) == part


def test_progress_is_resumed_for_the_same_upload_only():
    content, place = BytesContent(b"x" * 100, 5), Place("b", "k")
    progress = Progress("id", plan(100, 5 * MIB), {1: ("etag", "sum")})
    saved = progress.text(place, content)
    assert resumed(saved, place, content) == progress
    assert resumed(saved, Place("b", "other"), content) is None
    assert resumed(saved, place, BytesContent(b"x" * 100, 6)) is None
    assert resumed(saved, place, BytesContent(b"x" * 99, 5)) is None
    for nonsense in (None, "", "{}", "[]", "7", saved[:-5], saved.replace("[100]", "[99]")):
        assert resumed(nonsense, place, content) is None
