import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudfs.errors import BadReply
from cloudfs.providers.webdav import wire
from cloudfs.providers.webdav.wire import failures, multistatus

WSGIDAV = """<?xml version="1.0" encoding="utf-8" ?>
<ns0:multistatus xmlns:ns0="DAV:"><ns0:response><ns0:href>/x/a%2Bb</ns0:href><ns0:propstat>
<ns0:prop><ns0:resourcetype /><ns0:getcontentlength>3</ns0:getcontentlength>
<ns0:getetag>2146960-1795537147-3</ns0:getetag>
<ns0:getlastmodified>Tue, 24 Nov 2026 16:19:07 GMT</ns0:getlastmodified></ns0:prop>
<ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat><ns0:propstat><ns0:prop>
<ns0:quota-used-bytes /></ns0:prop><ns0:status>HTTP/1.1 404 Not Found</ns0:status>
</ns0:propstat></ns0:response></ns0:multistatus>"""

APACHE = """<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/" xmlns:g0="DAV:">
<D:href>/x/a+b</D:href>
<D:propstat><D:prop><lp1:resourcetype/><lp1:creationdate>2026-11-24T16:19:08Z</lp1:creationdate>
<lp1:getcontentlength>3</lp1:getcontentlength>
<lp1:getlastmodified>Tue, 24 Nov 2026 16:19:07 GMT</lp1:getlastmodified>
<lp1:getetag>W/"3-6610811e50e6c"</lp1:getetag><lp2:executable>F</lp2:executable>
</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><g0:quota-used-bytes/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status>
</D:propstat></D:response></D:multistatus>"""

NGINX = """<?xml version="1.0" encoding="utf-8" ?>
<D:multistatus xmlns:D="DAV:"><D:response><D:href>/x/a+b</D:href><D:propstat><D:prop>
<D:getcontentlength>3</D:getcontentlength>
<D:getlastmodified>Tue, 24 Nov 2026 16:19:07 GMT</D:getlastmodified>
<D:resourcetype></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
</D:response></D:multistatus>"""

RCLONE = """<?xml version="1.0" encoding="UTF-8"?><D:multistatus xmlns:D="DAV:"><D:response>
<D:href>//x/a+b</D:href><D:propstat><D:prop><D:getetag>"18eb0785d1629f354"</D:getetag>
<D:resourcetype></D:resourcetype><D:getcontentlength>3</D:getcontentlength>
<D:getlastmodified>Tue, 24 Nov 2026 16:19:07 GMT</D:getlastmodified></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"""

DEFAULT_NAMESPACE = """<multistatus xmlns="DAV:"><response><href>http://h:80/x/a%2bb</href>
<propstat><prop><resourcetype/><getcontentlength>3</getcontentlength>
<getlastmodified>2026-11-24T16:19:07+00:00</getlastmodified></prop>
<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"""


@pytest.mark.parametrize(
    ("body", "etag"),
    [
        (WSGIDAV, "2146960-1795537147-3"),
        (APACHE, 'W/"3-6610811e50e6c"'),
        (NGINX, None),
        (RCLONE, '"18eb0785d1629f354"'),
        (DEFAULT_NAMESPACE, None),
    ],
    ids=["wsgidav", "apache", "nginx", "rclone", "default namespace"],
)
def test_every_servers_words_mean_the_same(body: str, etag: str | None):
    (found,) = multistatus(body.encode())
    assert found.segments == ("x", "a+b")
    assert not found.collection
    assert (found.size, found.modified, found.etag) == (3, 1_795_537_147, etag)
    assert found.quota_used is None


def test_nextclouds_own_properties_are_kept_as_they_are_named():
    body = """<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"
      xmlns:nc="http://nextcloud.org/ns" xmlns:z="urn:other"><d:response><d:href>/f/</d:href>
      <d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>
      <oc:fileid>17</oc:fileid><nc:trashbin-filename> a </nc:trashbin-filename><z:x>1</z:x>
      <oc:checksums><oc:checksum>SHA1:ab MD5:cd</oc:checksum></oc:checksums>
      <oc:share-types> <oc:share-type>0</oc:share-type> <oc:share-type>3</oc:share-type>
      </oc:share-types><d:quota-available-bytes>-3</d:quota-available-bytes>
      </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"""
    (found,) = multistatus(body.encode())
    assert found.collection
    assert found.quota_available == -3
    assert found.extra == {
        "oc:fileid": "17",
        "nc:trashbin-filename": " a ",
        "oc:checksums": "SHA1:ab MD5:cd",
        "oc:share-types": "0 3",
    }


def response(inside: str) -> bytes:
    return (
        f'<d:multistatus xmlns:d="DAV:"><d:response>{inside}</d:response></d:multistatus>'.encode()
    )


def test_a_status_may_stand_in_place_of_properties():
    (found,) = multistatus(response("<d:href>/a</d:href><d:status>HTTP/1.1 404 Gone</d:status>"))
    assert found.status == 404
    (found,) = multistatus(response("<d:href>/a</d:href><d:status>whatever</d:status>"))
    assert found.status == 500


def test_a_resource_without_any_property_has_the_status_of_the_refusal():
    (found,) = multistatus(
        response(
            "<d:href>/a</d:href><d:propstat><d:prop><d:getetag/></d:prop>"
            "<d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat>"
        )
    )
    assert found.status == 403


@pytest.mark.parametrize(
    "inside", ["<d:href>/a%FF</d:href>", "<d:status>HTTP/1.1 200 OK</d:status>", ""]
)
def test_a_resource_without_a_usable_path_is_left_out(inside: str):
    assert multistatus(response(inside)) == []


@pytest.mark.parametrize("size", ["-1", "x", "1e3", "9" * 30, "٣", ""])
def test_a_size_that_is_none_counts_as_absent(size: str):
    (found,) = multistatus(
        response(
            "<d:href>/a</d:href><d:propstat><d:prop><d:resourcetype/>"
            f"<d:getcontentlength>{size}</d:getcontentlength></d:prop></d:propstat>"
        )
    )
    assert found.size is None


@pytest.mark.parametrize(
    "date", ["yesterday", "0001-01-01", "9999-12-31T00:00:00Z", "Mon, 99 Foo 2020", "0", "Mon"]
)
def test_a_date_that_is_none_counts_as_absent(date: str):
    assert wire.http_date(date) is None


BOMB = """<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<d:multistatus xmlns:d="DAV:"><d:response><d:href>/&b;</d:href></d:response></d:multistatus>"""
EXTERNAL = """<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<d:multistatus xmlns:d="DAV:"><d:response><d:href>/&x;</d:href></d:response></d:multistatus>"""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b'<multistatus xmlns="urn:else"/>',
        b'<d:multistatus xmlns:d="DAV:"><d:response>',
        b'<?xml version="1.0" encoding="no-such"?><d:multistatus xmlns:d="DAV:"/>',
        b"\xff\xfe\x00\xd8",
        BOMB.encode(),
        EXTERNAL.encode(),
    ],
)
def test_what_is_no_multistatus_is_a_bad_reply(body: bytes):
    with pytest.raises(BadReply):
        multistatus(body)
    with pytest.raises(BadReply):
        failures(body)


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_raise_anything_else(body: bytes):
    with pytest.raises(BadReply):
        multistatus(body)


NAMES = ["href", "status", "propstat", "prop", "resourcetype", "collection", "getcontentlength"]
NAMES += ["getlastmodified", "creationdate", "getetag", "quota-used-bytes", "response"]
TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["/a/b", "HTTP/1.1 200 OK", "HTTP/1.1 404 x", "%", "%ff", "//", "..", "-1"]),
    st.integers().map(str),
    st.datetimes().map(str),
)


def element(name: str, content: str) -> str:
    return f"<d:{name}>{content}</d:{name}>"


def escaped(text: str) -> str:
    kept = "".join(c for c in text if c.isprintable())
    return kept.replace("&", "&amp;").replace("<", "&lt;")


TREES = st.recursive(
    TEXTS.map(escaped),
    lambda inner: st.lists(st.builds(element, st.sampled_from(NAMES), inner)).map("".join),
    max_leaves=20,
)


@settings(deadline=None)
@given(TREES)
def test_no_wellformed_reply_raises_at_all(inside: str):
    for resource in multistatus(response(inside)):
        assert all(resource.segments) or not resource.segments
        assert resource.size is None or resource.size >= 0
    failures(response(inside))


def test_failures_are_the_statuses_that_are_not_of_success():
    body = b"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href>
      <d:status>HTTP/1.1 423 Locked</d:status></d:response><d:response><d:href>/b</d:href>
      <d:propstat><d:prop/><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
      <d:propstat><d:prop/><d:status>HTTP/1.1 409 (status)</d:status></d:propstat></d:response>
      </d:multistatus>"""
    assert failures(body) == [423, 409]


def test_requests_are_xml_of_the_standards_namespace():
    for body in (
        wire.propfind(("d:getetag", "oc:id", "nc:has-preview")),
        wire.proppatch({"d:lastmodified": "<&>"}),
        wire.lockinfo("me & you"),
    ):
        request = httpx.Request("PROPFIND", "http://h/", content=body)
        root = wire.ElementTree.fromstring(request.content)
        assert root.tag.startswith("{DAV:}")
