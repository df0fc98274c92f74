import pytest

from cloudfs.model import EntryId, Kind, Version
from cloudfs.providers.webdav.entries import (
    checksum_from,
    entry_from,
    link_to,
    match_header,
    normalised,
    strong_etag,
    version_of,
)
from cloudfs.providers.webdav.paths import decoded
from cloudfs.providers.webdav.wire import Resource
from tests.providers.webdav.scripted import entry


@pytest.mark.parametrize("etag", ["x-1", '"x-1"', 'W/"x-1"', ' "x-1" '])
def test_one_etag_is_one_version_however_it_is_spelled(etag: str):
    assert version_of(etag, 3, 5) == "x-1"


@pytest.mark.parametrize("etag", [None, "", '""', 'W/""', '"two words"', '"a\nb"', '"ä"'])
def test_without_a_usable_etag_size_and_time_are_the_version(etag: str | None):
    assert version_of(etag, 3, 5) == "3 bytes at 5"
    assert version_of(etag, 3, None) == "3 bytes at ?"
    assert normalised("3 bytes at 5") == ""


def described(**facts: object) -> Resource:
    return Resource(segments=decoded("/dav/a") or (), **facts)  # type: ignore[arg-type]


def test_a_listing_from_before_and_after_the_weak_second_names_one_version():
    weak = entry_from(described(size=3, etag='W/"x"'), EntryId("/a"), tagged=False)
    strong = entry_from(described(size=3, etag='"x"'), EntryId("/a"), tagged=False)
    assert weak.version == strong.version == "x"
    assert (strong_etag(weak), strong_etag(strong)) == (None, '"x"')
    assert match_header(weak) == match_header(strong) == {"If-Match": '"x"'}


def test_a_folder_has_a_tag_only_where_it_tells_of_everything_below():
    facts = described(collection=True, etag='"x"')
    plain = entry_from(facts, EntryId("/a"), tagged=False)
    cloud = entry_from(facts, EntryId("/a"), tagged=True)
    assert (plain.tag, cloud.tag) == (None, '"x"')
    assert plain.version == cloud.version == ""
    assert plain.kind is Kind.FOLDER


@pytest.mark.parametrize(
    ("permissions", "folder", "writable"),
    [("RGDNVW", False, True), ("RG", False, False), ("RGDNVCK", True, True), ("RGW", True, False)],
)
def test_permissions_tell_what_may_be_changed(permissions: str, folder: bool, writable: bool):
    facts = described(collection=folder, extra={"oc:permissions": permissions})
    assert entry_from(facts, EntryId("/a"), tagged=True).writable is writable


def test_times_are_nanoseconds_and_1970_is_no_time_of_creation():
    facts = described(modified=5, created=0)
    told = entry_from(facts, EntryId("/a"), tagged=False)
    assert (told.modified_ns, told.created_ns) == (5_000_000_000, None)


def test_the_sha1_among_checksums_is_taken():
    digest = "A9993E364706816ABA3E25717850C26C9CD0D89D"
    found = checksum_from(f"MD5:00 SHA1:{digest} ADLER32:0")
    assert found is not None
    assert str(found) == f"sha1:{digest.lower()}"
    assert checksum_from("MD5:00 SHA1:short") is None


def test_a_link_has_the_condition_that_the_server_can_judge():
    url = "https://h/a"
    strong, weak = entry("/a"), entry("/a", etag='W/"v1"')
    untagged = entry("/a", etag=None, version="3 bytes at 1600000000")
    assert link_to(strong, url, one_etag=True).headers == {"If-Match": '"v1"'}
    unmodified = {"If-Unmodified-Since": "Sun, 13 Sep 2020 12:26:40 GMT"}
    assert link_to(strong, url, one_etag=False).headers == unmodified
    assert link_to(weak, url, one_etag=True).headers == unmodified
    assert link_to(untagged, url, one_etag=True).headers == unmodified
    assert match_header(untagged) == {}
    assert match_header(entry("/a", version=Version(""))) == {}
