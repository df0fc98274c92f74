"""The texts that name things (reference 1.6)."""

import itertools
import string

import pytest

from cloudfs.emulators.podspace.hashes import Kind, Named, hash_of, named_by

SHAPE = set(string.ascii_uppercase + string.digits)


@pytest.mark.parametrize("kind", Kind)
def test_a_hash_names_what_it_was_made_of(kind: Kind):
    hashes = {number: hash_of(kind, number) for number in (1, 2, 3, 1000, (1 << 40) - 1)}
    assert len(set(hashes.values())) == len(hashes)
    for number, hash_ in hashes.items():
        assert len(hash_) == (20 if kind == Kind.GRANT else 16)
        assert set(hash_) <= SHAPE
        assert named_by(hash_) == Named(kind, number)


def test_hashes_look_like_nothing():
    texts = [hash_of(Kind.NODE, number) for number in range(1, 200)]
    for one, next_ in itertools.pairwise(texts):
        assert sum(a == b for a, b in zip(one[4:], next_[4:], strict=True)) < 8


def test_a_text_that_was_made_up_names_nothing():
    real = hash_of(Kind.NODE, 1)
    wrong = [real[:-1], real + "0", real.lower(), "NOPE000000000000", "Z" * 16, "Z" * 20, "", "é"]
    wrong += [real[:n] + ("0" if real[n] != "0" else "1") + real[n + 1 :] for n in range(16)]
    assert {named_by(text) for text in wrong} == {None}
