"""How parameters travel (reference 1.3)."""

import json

import pytest

from cloudfs.model import EntryId
from cloudfs.providers.cloudike.encoding import as_pairs, encoded
from cloudfs.providers.cloudike.paths import (
    folder_of,
    join,
    name_of,
    parent_of,
    quoted,
    quoted_segment,
    within,
)
from cloudfs.providers.cloudike.values import path

PARAMETERS = {
    "path": "/a b/ü+&",
    "overwrite": True,
    "create_dirs": False,
    "size": 5,
    "version": None,
    "paths": ["one", "two"],
}


def test_a_form_repeats_lists_and_writes_digits():
    body, kind = encoded(PARAMETERS, "form")
    assert kind == "application/x-www-form-urlencoded"
    assert body == (
        b"path=%2Fa+b%2F%C3%BC%2B%26&overwrite=1&create_dirs=0&size=5&paths=one&paths=two"
    )


def test_json_keeps_types():
    body, kind = encoded(PARAMETERS, "json")
    assert kind == "application/json"
    assert json.loads(body) == {
        "path": "/a b/ü+&",
        "overwrite": True,
        "create_dirs": False,
        "size": 5,
        "paths": ["one", "two"],
    }


def test_a_list_of_one_stays_a_list():
    assert encoded({"paths": ["one"]}, "json")[0] == b'{"paths": ["one"]}'
    assert as_pairs({"paths": ["one"]}) == [("paths", "one")]


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("plain-name_1.~txt", "plain-name_1.~txt"),
        ("a b+c", "a%20b%2Bc"),
        ("?#%;&=", "%3F%23%25%3B%26%3D"),
        ("100%25", "100%2525"),
        ("ü", "%C3%BC"),
        ("a/b", "a%2Fb"),
    ],
)
def test_a_segment_is_encoded_but_for_unreserved_characters(name: str, segment: str):
    assert quoted_segment(name) == segment


def test_paths_are_put_together_and_taken_apart():
    root, folder, file = EntryId("/"), EntryId("/a b"), EntryId("/a b/c")
    assert join(root, "a b") == folder
    assert join(folder, "c") == file
    assert [parent_of(each) for each in (root, folder, file)] == [None, root, folder]
    assert [name_of(each) for each in (root, folder, file)] == ["", "a b", "c"]
    assert folder_of(file) == folder
    assert [quoted(each) for each in (root, folder, file)] == ["", "a%20b", "a%20b/c"]
    assert within(file, folder)
    assert within(folder, folder)
    assert within(file, root)
    assert not within(EntryId("/a bc"), folder)


def test_empty_segments_of_a_path_are_harmless():
    assert path("//a//b/") == "/a/b"
    assert path("/") == "/"
