import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudfs.model import EntryId
from cloudfs.providers.webdav.paths import (
    ROOT,
    Collection,
    child_of,
    decoded,
    encoded,
    id_of,
    lies_in,
    parent_of,
    segments_of,
)

NAME = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1
).filter(lambda name: name not in {".", ".."})


@settings(deadline=None)
@given(st.lists(NAME, max_size=4).map(tuple))
def test_a_path_is_decoded_to_what_it_was_encoded_from(names: tuple[str, ...]):
    base = Collection("https://h/dav/")
    entry_id = id_of(names)
    assert decoded(base.file(entry_id)) == ("dav", *names)
    assert base.id_at(("dav", *names)) == entry_id
    assert segments_of(entry_id) == names
    assert encoded(names).isascii()


@pytest.mark.parametrize(
    "href",
    [
        "/dav/a%2Bb%20c%3F",
        "/dav/a+b%20c%3f",
        "http://elsewhere:8080/dav/a+b c?",
        "https://h/dav//a+b%20c%3F/",
        "  /dav/a+b%20c%3F\n",
    ],
)
def test_hrefs_are_compared_decoded_once(href: str):
    assert decoded(href) == ("dav", "a+b c?")


def test_hrefs_are_not_decoded_twice():
    assert decoded("/dav/per%2525cent") == ("dav", "per%25cent")


def test_a_href_that_is_not_utf8_is_no_path():
    assert decoded("/dav/%FF") is None


def test_collections_have_a_slash_and_files_none():
    base = Collection("https://h:8443/my dav")
    assert base.url == "https://h:8443/my%20dav/"
    assert base.file(EntryId("/a b/ß")) == "https://h:8443/my%20dav/a%20b/%C3%9F"
    assert base.folder(EntryId("/a")) == "https://h:8443/my%20dav/a/"
    assert base.folder(ROOT) == base.url
    assert Collection("https://h").url == "https://h/"
    assert base.below("x", "y").url == "https://h:8443/my%20dav/x/y/"
    assert base.ancestor(0).url == "https://h:8443/"


def test_ids_are_paths_from_the_base_collection():
    assert child_of(ROOT, "a") == "/a"
    assert child_of(EntryId("/a"), "b") == "/a/b"
    assert parent_of(EntryId("/a/b")) == "/a"
    assert parent_of(EntryId("/a")) == ROOT
    assert parent_of(ROOT) is None


def test_lying_in_a_folder_is_not_sharing_a_beginning():
    assert lies_in(EntryId("/a/b"), EntryId("/a"))
    assert lies_in(EntryId("/a"), EntryId("/a"))
    assert not lies_in(EntryId("/ab"), EntryId("/a"))
    assert lies_in(EntryId("/ab"), ROOT)


def test_what_is_not_below_the_collection_has_no_id():
    assert Collection("https://h/dav/x/").id_at(("dav", "y")) is None
