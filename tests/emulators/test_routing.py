import pytest

from cloudfs.emulators.routing import NoRoute, Routes, WrongMethod, split


@pytest.fixture
def routes() -> Routes[str]:
    routes: Routes[str] = Routes()
    routes.on("POST", "restore/<name>", label="restore")("one")
    routes.on("POST", "restore", label="restore")("many")
    routes.on("POST", "restore/<name>/from/<path>", label="restore")("shared")
    routes.on("GET", "metadata/<path>", label="list")("metadata")
    routes.on("POST", "comment/<path>", label="comments")("comment")
    routes.on("POST", "comment/edit", label="comments")("edit")
    routes.on("GET HEAD", "<key>", label="download", key="object")("get")
    routes.on("PUT", "<key>", label="upload", key="object")("put")
    return routes


@pytest.mark.parametrize(
    ("method", "path", "handler", "values", "rest"),
    [
        ("POST", "/restore", "many", {}, ()),
        ("POST", "/restore/", "many", {}, ()),
        ("POST", "/restore/a%2Fb", "one", {"<name>": "a/b"}, ()),
        ("POST", "/restore/a/from/x/y", "shared", {"<name>": "a"}, ("x", "y")),
        ("GET", "/metadata/", "metadata", {}, ()),
        ("GET", "/metadata//a%20b/%25/", "metadata", {}, ("a b", "%")),
        ("GET", "/metadata/a%0Ab", "metadata", {}, ("a\nb",)),
        ("POST", "/comment/edit", "edit", {}, ()),
        ("POST", "/comment/edit/x", "comment", {}, ("edit", "x")),
        ("PUT", "/k", "put", {"<key>": "k"}, ()),
        ("HEAD", "/k", "get", {"<key>": "k"}, ()),
    ],
)
def test_a_path_finds_its_route(
    routes: Routes[str], method: str, path: str, handler: str, values: dict, rest: tuple
):
    match = routes.match(method, split(path))
    assert (match.route.handler, match.values, match.rest) == (handler, values, rest)


def test_the_key_of_a_route_is_its_fixed_words(routes: Routes[str]):
    assert routes.match("POST", ("restore", "a", "from")).route.key == "restore/from"
    assert routes.match("PUT", ("k",)).route.key == "object"


def test_an_unknown_path_and_a_wrong_method_are_told_apart(routes: Routes[str]):
    with pytest.raises(NoRoute):
        routes.match("GET", ("a", "b"))
    with pytest.raises(WrongMethod):
        routes.match("GET", ("restore", "a"))
