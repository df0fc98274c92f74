"""Ids: opaque, of 32 hexadecimal digits, and with a meaning here."""

import re

import pytest

from cloudfs.emulators.cloud689.ids import Kind, id_of, number_of


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("number", [0, 1, 2, 1000, 2**40 + 7, 2**48 - 1])
def test_an_id_leads_back_to_its_number(kind: Kind, number: int):
    text = id_of(kind, number)
    assert re.fullmatch(r"[0-9a-f]{32}", text)
    assert number_of(kind, text) == number
    assert [number_of(other, text) for other in Kind if other != kind] == [None] * 4


@pytest.mark.parametrize("text", ["", "0" * 32, "f" * 32, "x" * 32, "0" * 31, "acme", "٣" * 32])
def test_what_was_made_up_names_nothing(text: str):
    assert {number_of(kind, text) for kind in Kind} == {None}


def test_the_first_digits_tell_ids_apart():
    ids = [id_of(Kind.ENTRY, number) for number in range(2000)]
    assert len({text[:8] for text in ids}) == 2000
    assert ids != sorted(ids)
    assert id_of(Kind.ENTRY, 7).upper() != id_of(Kind.ENTRY, 7)
    assert number_of(Kind.ENTRY, id_of(Kind.ENTRY, 7).upper()) is None
