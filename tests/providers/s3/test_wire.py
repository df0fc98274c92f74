from urllib.parse import quote, quote_plus
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import BadReply
from cloudfs.providers.s3 import wire

PARSERS = [
    wire.listing,
    wire.versions,
    wire.buckets,
    wire.uploads,
    wire.upload_id,
    wire.etag_of,
    wire.versioning,
    wire.not_deleted,
]
SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
# Every character that UTF-8 has.
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(body=st.one_of(st.binary(), st.text().map(str.encode)))
@pytest.mark.parametrize("parse", PARSERS)
def test_nonsense_is_an_error_of_the_service(parse, body: bytes):
    with pytest.raises(BadReply):
        parse(body)


@pytest.mark.parametrize("parse", PARSERS)
def test_entities_are_not_expanded(parse):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult>&a;</ListBucketResult>'
    with pytest.raises(BadReply):
        parse(bomb)


@pytest.mark.parametrize("encode", [quote, quote_plus, lambda k: quote(k, safe="")])
@given(keys=st.lists(KEYS, max_size=5))
def test_keys_of_a_listing_are_decoded(encode, keys: list[str]):
    contents = "".join(
        f"<Contents><Key>{encode(key)}</Key><Size>{n}</Size></Contents>"
        for n, key in enumerate(keys)
    )
    prefixes = "".join(
        f"<CommonPrefixes><Prefix>{encode(key)}</Prefix></CommonPrefixes>" for key in keys
    )
    text = f"<EncodingType>url</EncodingType>{contents}{prefixes}"
    found = wire.listing(f"<ListBucketResult {SPACE}>{text}</ListBucketResult>".encode())
    assert [listed.key for listed in found.objects] == keys
    assert [listed.size for listed in found.objects] == list(range(len(keys)))
    assert list(found.prefixes) == keys


def test_a_listing_that_is_not_encoded_is_taken_as_it_is():
    text = '<Contents><Key>a%20b+c &amp; d</Key><Size>1</Size><ETag>"e"</ETag></Contents>'
    (listed,) = wire.listing(f"<ListBucketResult>{text}</ListBucketResult>".encode()).objects
    assert (listed.key, listed.etag) == ("a%20b+c & d", "e")


def test_what_cannot_be_understood_is_left_out():
    text = (
        "<EncodingType>url</EncodingType>"
        "<Contents><Key>a</Key></Contents>"
        "<Contents><Size>1</Size></Contents>"
        "<Contents><Key>%FF</Key><Size>1</Size></Contents>"
        "<Contents><Key>huge</Key><Size>99999999999999999999</Size></Contents>"
        "<Contents><Key>b</Key><Size>1</Size><LastModified>soon</LastModified></Contents>"
        "<CommonPrefixes/><New/>"
    )
    found = wire.listing(f"<ListBucketResult>{text}</ListBucketResult>".encode())
    assert [(o.key, o.modified_ns) for o in found.objects] == [("b", None)]
    assert found.prefixes == ()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-02T03:04:05.678Z", 1_704_164_645),
        ("2024-01-02T03:04:05Z", 1_704_164_645),
        ("2024-01-02T04:04:05+01:00", 1_704_164_645),
        ("2024-01-02T03:04:05", 1_704_164_645),
        ("9999-12-31T23:59:59Z", None),
        ("never", None),
        ("", None),
    ],
)
def test_times_are_whole_seconds(text: str, seconds: int | None):
    body = f"<ListBucketResult><Contents><Key>k</Key><Size>0</Size><LastModified>{text}"
    body += "</LastModified></Contents></ListBucketResult>"
    (listed,) = wire.listing(body.encode()).objects
    assert listed.modified_ns == (None if seconds is None else seconds * 10**9)


def test_a_listing_that_goes_on_says_where():
    head = "<ListBucketResult><IsTruncated>true</IsTruncated>"
    with pytest.raises(BadReply):
        wire.listing(f"{head}</ListBucketResult>".encode())
    token = "<NextContinuationToken>t/+</NextContinuationToken>"
    assert wire.listing(f"{head}{token}</ListBucketResult>".encode()).following == "t/+"
    with pytest.raises(BadReply):
        wire.versions(b"<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>")


def test_versions_and_markers():
    text = (
        "<EncodingType>url</EncodingType>"
        "<DeleteMarker><Key>a%20b</Key><VersionId>2</VersionId><IsLatest>true</IsLatest>"
        "</DeleteMarker>"
        '<Version><Key>a%20b</Key><VersionId>null</VersionId><Size>3</Size><ETag>"e"</ETag>'
        "</Version><Version><Key>no id</Key></Version>"
        "<IsTruncated>true</IsTruncated><NextKeyMarker>a%20b</NextKeyMarker>"
        "<NextVersionIdMarker>null</NextVersionIdMarker>"
    )
    page = wire.versions(f"<ListVersionsResult>{text}</ListVersionsResult>".encode())
    assert [(r.key, r.version_id, r.is_marker, r.is_latest, r.size) for r in page.records] == [
        ("a b", "2", True, True, 0),
        ("a b", "null", False, False, 3),
    ]
    assert page.following == ("a b", "null")


@pytest.mark.parametrize("root", ["CopyObjectResult", "CopyPartResult"])
def test_blanks_before_an_answer_are_skipped(root: str):
    body = f'<?xml version="1.0"?><{root}><ETag>"e-2"</ETag></{root}>'
    assert wire.etag_of(b"  \n \r\n" + body.encode()) == "e-2"


def test_an_error_is_found_wherever_it_is():
    body = b" \n<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region></Error>"
    assert wire.refusal(body) == wire.Refusal(code="PermanentRedirect", region="eu-west-1")
    for nothing in (b"", b"<html><body>Error</body></html>", b"<Error", b"<ErrorX></ErrorX>"):
        assert wire.refusal(nothing) is None


@given(objects=st.lists(st.tuples(KEYS.filter(wire.fits_xml), st.text("abc123._"))))
def test_a_request_to_delete_says_what_is_meant(objects: list[tuple[str, str]]):
    root = ET.fromstring(wire.deletion(objects))
    space = f"{{{wire.NAMESPACE}}}"
    found = [
        (e.findtext(f"{space}Key"), e.findtext(f"{space}VersionId") or "")
        for e in root.findall(f"{space}Object")
    ]
    assert found == objects
    assert root.findtext(f"{space}Quiet") == "true"


@given(key=KEYS)
def test_what_does_not_fit_into_xml_is_known(key: str):
    try:
        ET.fromstring(f"<a>{escape(key)}</a>".encode())
    except ET.ParseError:
        assert not wire.fits_xml(key)
    else:
        assert wire.fits_xml(key)


def test_a_request_to_join_parts():
    body = wire.completion([(1, "e1", ""), (2, "e2", "c2=")]).decode()
    assert "<Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag></Part>" in body
    assert "<ChecksumSHA256>c2=</ChecksumSHA256>" in body


def test_what_could_not_be_deleted():
    body = (
        b"<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key>"
        b"<VersionId>1</VersionId><Code>AccessDenied</Code></Error></DeleteResult>"
    )
    assert wire.not_deleted(body) == {("b", "1"): "AccessDenied"}
