import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloudfs.errors import ConfigError
from cloudfs.http.origins import check_transport, is_loopback, origin, server


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host.test/a/b?token=secret#x", "https://host.test:443"),
        ("http://host.test", "http://host.test:80"),
        ("HTTPS://Host.TEST:443/", "https://host.test:443"),
        ("https://host.test:8443/", "https://host.test:8443"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]:443"),
        ("https://trusted.test@other.test/", "https://other.test:443"),
        ("https://trusted.test:443@other.test/", "https://other.test:443"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str):
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://trusted.test.evil.test/",
        "https://evil.test/https://trusted.test/",
        "https://evil.test?https://trusted.test/",
        "https://evil.test#@trusted.test/",
        "http://trusted.test/",
        "https://trusted.test:8443/",
        "https://trusted.test./",
    ],
)
def test_what_only_resembles_an_origin_is_another(url: str):
    assert origin(url) != origin("https://trusted.test/")


@pytest.mark.parametrize(
    "url",
    ["https://host.test:99999/", "https://host.test:x/", "https://[::1/", "https://a\u2100b/"],
)
def test_what_cannot_be_read_leads_nowhere(url: str):
    assert origin(url) == ""


PIECES = [
    *["trusted.test", "evil.test", ":443", ":", "/", "@", "?", "#", "\\", "%40", "[", "]", "."],
    *[" ", "\t", "\n", "\r", "\u2100", "\uff0f", "\uff20", "\u3002", "\u00ad", "é", "x"],
]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
@example("trusted.test\\@evil.test/")
@example("evil.test\\@trusted.test/")
@example("trusted.test\t.evil.test/")
@example("trusted.test\uff0fevil.test/")
@example("trusted.test#@evil.test/")
def test_a_request_goes_where_its_origin_says(rest: str):
    """Otherwise credentials would follow a crafted address."""
    url = f"https://{rest}"
    try:
        check_transport(url, allow_insecure=False)
        sent_to = httpx.URL(url)
    except (ConfigError, httpx.InvalidURL):
        return  # no request is sent to such an address
    assert sent_to.scheme == "https"
    for trusted in ("https://trusted.test/", "https://evil.test/"):
        if origin(url) == origin(trusted):
            assert sent_to.host == httpx.URL(trusted).host
            assert sent_to.port in {None, 443}


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8000/", "http://127.0.0.1/", "http://127.8.9.1/", "http://[::1]:1/",
     "http://LOCALHOST/", "http://cloud.localhost/"],
)  # fmt: skip
def test_this_machine_is_known_by_its_spelling(url: str):
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["http://localhost.evil.test/", "http://127.0.0.1.evil.test/", "http://evil.test/localhost",
     "http://localhost@evil.test/", "http://10.0.0.1/", "http://0.0.0.0/", "http://mylocalhost/",
     "http:///"],
)  # fmt: skip
def test_what_only_resembles_this_machine_is_another(url: str):
    assert not is_loopback(url)


@pytest.mark.parametrize("url", ["https://host.test/x", "http://127.0.0.1:8000/"])
def test_https_and_this_machine_are_taken(url: str):
    check_transport(url, allow_insecure=False)


def test_plain_http_to_others_is_refused_unless_it_is_allowed():
    with pytest.raises(ConfigError, match=r"use https, or set allow_insecure = true"):
        check_transport("http://host.test/", allow_insecure=False)
    check_transport("http://host.test/", allow_insecure=True)


@pytest.mark.parametrize(
    "url", ["", "host.test", "ftp://host.test/", "https:///x", "file:///etc/passwd", "https:host",
            "https://host.test:99999/", "https://[::1/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_with_an_example(url: str):
    with pytest.raises(ConfigError, match="https://HOST"):
        check_transport(url, allow_insecure=True)


@pytest.mark.parametrize("url", ["https://alice:pw@host.test/", "https://alice@host.test/"])
def test_a_password_in_the_address_is_refused_without_being_repeated(url: str):
    with pytest.raises(ConfigError, match="use username and password instead") as caught:
        check_transport(url, allow_insecure=False)
    assert "alice" not in str(caught.value)


def test_a_mistyped_scheme_does_not_show_the_password():
    with pytest.raises(ConfigError) as caught:
        check_transport("htps://alice:hunter2@host.test/", allow_insecure=False)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://Host.example/x?secret#y", "the server https://host.example"),
        ("https://host.example:443/", "the server https://host.example"),
        ("http://host.example:80", "the server http://host.example"),
        ("http://host.example:443", "the server http://host.example:443"),
        ("https://user:secret@[::1]:8443/", "the server https://[::1]:8443"),
        ("https://host:port/", "the server"),
    ],
)
def test_a_person_is_told_of_a_server_without_its_secrets(url: str, told: str):
    assert server(url) == told
