import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cloudfs.http.client import Http
from cloudfs.model import EntryId
from cloudfs.providers.s3.api import Api
from cloudfs.providers.s3.connection import Connection
from cloudfs.providers.s3.endpoint import Endpoint
from cloudfs.providers.s3.keys import (
    ROOT,
    KeyNames,
    Layout,
    Place,
    child_of,
    encoded,
    is_weird,
    lies_in,
    name_of,
    parent_of,
)
from cloudfs.providers.s3.signing import Credentials, Signer
from tests.trio_run import run

PARTS = st.one_of(
    st.sampled_from(["", ".", "..", "a", "b c", "%2F", "+", "ü", "a (object)", "object:"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=5),
)
KEYS = st.lists(PARTS, min_size=1, max_size=5).map("/".join).filter(bool)
LAYOUTS = st.sampled_from([("bucket", ""), ("bucket", "p"), ("bucket", "/p/q r/"), ("", "")])


@given(key=KEYS, layout=LAYOUTS)
def test_every_key_has_an_id_and_every_id_a_key(key: str, layout: tuple[str, str]):
    where = Layout(*layout)
    place = Place("bucket", where.prefix + key)
    entry_id = where.id_of(place)
    is_folder = key.endswith("/") and not is_weird(key)
    assert (where.folder if is_folder else where.object)(entry_id) == place
    assert where.is_weird(entry_id) == is_weird(key)


@given(one=KEYS, other=KEYS, layout=LAYOUTS)
def test_two_objects_never_share_an_id(one: str, other: str, layout: tuple[str, str]):
    where = Layout(*layout)
    assume(one != other)
    ids = [where.id_of(Place("bucket", where.prefix + key)) for key in (one, other)]
    if ids[0] == ids[1]:  # a folder's mark, and an object that it takes the name from
        assert {f"{one}/", f"{other}/"} & {one, other}


@given(key=KEYS, layout=LAYOUTS)
def test_what_is_shown_has_a_name_and_a_folder_to_be_shown_in(key: str, layout: tuple[str, str]):
    where = Layout(*layout)
    entry_id = where.id_of(Place("bucket", where.prefix + key))
    assert name_of(entry_id) not in {"", ".", ".."}
    assert "/" not in name_of(entry_id)
    steps = 0
    above: EntryId | None = entry_id
    while above is not None and above != ROOT:
        assert lies_in(entry_id, above) or is_weird(key)
        above, steps = parent_of(above), steps + 1
        assert steps < 10


@given(names=st.lists(PARTS.filter(lambda n: n not in {"", ".", ".."}), min_size=1, max_size=4))
def test_a_path_of_plain_names_is_what_it_says(names: list[str]):
    entry_id = ROOT
    for name in names:
        assert parent_of(child_of(entry_id, name)) == entry_id
        assert name_of(child_of(entry_id, name)) == name
        entry_id = child_of(entry_id, name)
    assert Layout("b", "").object(entry_id).key == "/".join(names)


@given(key=KEYS)
def test_a_key_is_sent_byte_for_byte(key: str):
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.extensions["target"].decode("ascii"))
        return httpx.Response(200, headers={"content-length": "0"})

    async def ask() -> None:
        http = Http(transport=httpx.MockTransport(answer))
        endpoint = Endpoint("https://h.example", region="r", style="path", notes={})
        api = Api(Connection(http, endpoint, Signer(Credentials("k", "s"))), page=1000)
        await api.head(Place("bucket", key))
        await http.aclose()

    run(ask)
    assert sent == [f"/bucket/{encoded(key)}"]
    assert set(sent[0]) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/%"
    )


def test_the_examples_of_the_encoding():
    assert encoded("a b/ü+%~*'()") == "a%20b/%C3%BC%2B%25~%2A%27%28%29"
    assert encoded("//../.") == "//../."


@pytest.mark.parametrize("name", ["x_$folder$", ".cloudfs-folder", ".cloudfs-probe-1"])
def test_names_that_are_hidden_cannot_be_given(name: str):
    assert KeyNames().problem(name)


# Endpoints ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "style", "address"),
    [
        ("https://s3.amazonaws.com", "", "https://bucket.s3.amazonaws.com/a/b"),
        ("https://s3.amazonaws.com", "path", "https://s3.amazonaws.com/bucket/a/b"),
        ("https://s3.eu-west-1.amazonaws.com", "", "https://bucket.s3.eu-west-1.amazonaws.com/a/b"),
        ("https://minio.example:9000", "", "https://minio.example:9000/bucket/a/b"),
        ("https://minio.example:443/", "", "https://minio.example/bucket/a/b"),
        ("https://minio.example", "virtual", "https://bucket.minio.example/a/b"),
        ("http://[::1]:9000", "", "http://[::1]:9000/bucket/a/b"),
        ("https://gate.example/s3/", "", "https://gate.example/s3/bucket/a/b"),
    ],
)
def test_styles_of_addresses(url: str, style: str, address: str):
    endpoint = Endpoint(url, region="us-east-1", style=style, notes={})
    target = endpoint.target(Place("bucket", "a/b"))
    assert target.url == address
    assert endpoint.bucket_of(f"{address}?versionId=1") == "bucket"


def test_a_bucket_with_dots_is_in_the_path_of_amazons_own_store():
    endpoint = Endpoint("https://s3.amazonaws.com", region="us-east-1", style="", notes={})
    assert endpoint.target(Place("a.b", "k")).url == "https://s3.amazonaws.com/a.b/k"


def test_a_learnt_region_is_kept_and_is_a_part_of_amazons_host():
    notes: dict[str, str] = {}
    endpoint = Endpoint("https://s3.amazonaws.com", region="us-east-1", style="", notes=notes)
    endpoint.learn_region("bucket", "eu-north-1")
    again = Endpoint("https://s3.amazonaws.com", region="us-east-1", style="", notes=notes)
    target = again.target(Place("bucket", "k"))
    assert target.origin == "https://bucket.s3.eu-north-1.amazonaws.com"
    assert target.region == "eu-north-1"
    assert again.bucket_of(target.url) == "bucket"
    assert again.target(Place("other", "k")).region == "us-east-1"
    other = Endpoint("https://minio.example", region="us-east-1", style="", notes=notes)
    assert other.target(Place("bucket", "k")).region == "us-east-1"


@pytest.mark.parametrize("region", ["evil.example/", "a.b", "", "x" * 50, "eu west"])
def test_what_cannot_be_a_region_is_not_learnt(region: str):
    endpoint = Endpoint("https://s3.amazonaws.com", region="us-east-1", style="", notes={})
    endpoint.learn_region("bucket", region)
    assert endpoint.region("bucket") == "us-east-1"
