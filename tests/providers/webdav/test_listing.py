import logging

import httpx
import pytest

from cloudfs.errors import BadReply, NotAFolder, NotFound, Unavailable
from cloudfs.model import EntryId
from cloudfs.providers.webdav.paths import ROOT
from tests.providers.webdav.scripted import (
    GONE,
    Scripted,
    bare,
    file,
    folder,
    multistatus,
    provider,
    status,
)
from tests.support import listing


async def names_in(*responses: str, profile: str = "") -> list[str]:
    server = Scripted({"PROPFIND /dav/": multistatus(*responses)})
    return sorted(await listing(provider(server, profile=profile), ROOT))


async def test_a_listing_is_the_children_without_the_folder_itself():
    found = await names_in(folder("/dav/"), file("/dav/a%20b"), folder("/dav/c"))
    assert found == ["a b", "c"]


async def test_the_folder_is_known_by_its_path_not_by_its_place_in_the_reply():
    found = await names_in(file("https://dav.example/dav/x"), folder("http://inner:80/dav"))
    assert found == ["x"]


@pytest.mark.parametrize("name", ["a%2Fb", "%2E%2E", ".", "a%00b", "%FF", "%ED%A0%80"])
async def test_a_name_that_is_none_is_left_out(name: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "cloudfs.providers.webdav")
    found = await names_in(folder("/dav/"), file(f"/dav/{name}"), file("/dav/good"))
    assert found == ["good"]
    assert "left out" in caplog.text


async def test_what_is_not_directly_in_the_folder_is_left_out():
    found = await names_in(
        folder("/dav/"), folder("/dav/a/"), file("/dav/a/deep"), file("/other/x"), file("/")
    )
    assert found == ["a"]


async def test_what_vanished_or_is_refused_does_not_fail_the_listing():
    found = await names_in(
        folder("/dav/"),
        bare("/dav/gone", "404 Not Found"),
        bare("/dav/secret", "403 Forbidden"),
        file("/dav/good"),
    )
    assert found == ["good"]


async def test_a_child_is_listed_once():
    assert await names_in(folder("/dav/"), folder("/dav/a"), folder("/dav/a/")) == ["a"]


async def test_uploads_under_way_are_not_shown():
    found = await names_in(
        folder("/dav/"), file("/dav/.a.cloudfs-tmp-0123abcd"), file("/dav/a.cloudfs-tmp-x")
    )
    assert found == ["a.cloudfs-tmp-x"]


@pytest.mark.parametrize("responses", [[], [file("/elsewhere/a")], [folder("/dav")[:-1] + " >"]])
async def test_a_reply_about_something_else_is_no_empty_folder(responses: list[str]):
    if responses and responses[0].endswith(" >"):
        responses = [folder("/dav2/")]
    with pytest.raises(BadReply):
        await names_in(*responses)


async def test_a_server_that_leaves_out_the_folder_itself_is_understood():
    assert await names_in(file("/dav/a")) == ["a"]


async def test_a_file_is_no_folder():
    server = Scripted({"PROPFIND /dav/a/": multistatus(file("/dav/a"))})
    with pytest.raises(NotAFolder):
        await listing(provider(server), EntryId("/a"))
    server.on("PROPFIND /dav/a/", status(400))  # Apache
    with pytest.raises(NotAFolder):
        await listing(provider(server), EntryId("/a"))
    server.on("PROPFIND /dav/a/", GONE)  # nginx
    with pytest.raises(NotFound):
        await listing(provider(server), EntryId("/a"))


async def test_a_listing_always_says_how_deep_it_looks():
    server = Scripted({"PROPFIND /dav/": multistatus(folder("/dav/"))})
    account = provider(server)
    await listing(account, ROOT)
    await account.root()
    assert [r.headers["Depth"] for r in server.requests] == ["1", "0"]


async def test_a_large_listing_comes_in_pages():
    files = [file(f"/dav/{number}") for number in range(2500)]
    server = Scripted({"PROPFIND /dav/": multistatus(folder("/dav/"), *files)})
    pages = [page async for page in provider(server).list_folder(ROOT)]
    assert [len(page.entries) for page in pages] == [1000, 1000, 500]


async def test_a_server_that_cannot_be_asked_for_single_properties_is_asked_for_all():
    async def serve(request: httpx.Request) -> httpx.Response:
        return status(422) if request.content else multistatus(folder("/dav/"), file("/dav/a"))

    server = Scripted({"PROPFIND /dav/": serve})
    account = provider(server)
    assert set(await listing(account, ROOT)) == {"a"}
    assert set(await listing(account, ROOT)) == {"a"}
    assert [bool(r.content) for r in server.requests] == [True, False, False]


async def test_a_folder_is_asked_for_again_with_a_slash_if_the_server_wants_one():
    server = Scripted(
        {
            "PROPFIND /dav/a%2Bb": status(301, Location="/dav/a+b/"),
            "PROPFIND /dav/a%2Bb/": multistatus(folder("/dav/a+b/")),
        }
    )
    assert (await provider(server).stat(EntryId("/a+b"))).is_folder


@pytest.mark.parametrize(
    "location", ["/login", "https://elsewhere.example/dav/a/", "/dav/b/", "//dav.example:1/dav/a/"]
)
async def test_no_other_redirect_is_followed(location: str):
    server = Scripted({"PROPFIND /dav/a": status(302, Location=location)})
    with pytest.raises(BadReply, match="redirects"):
        await provider(server).stat(EntryId("/a"))
    assert len(server.requests) == 1


async def test_an_answer_about_another_resource_is_not_taken():
    server = Scripted({"PROPFIND /dav/a": multistatus(file("/dav/b"))})
    with pytest.raises(BadReply):
        await provider(server).stat(EntryId("/a"))


async def test_a_path_through_a_file_leads_nowhere():
    server = Scripted({"PROPFIND /dav/a/b": status(400)})
    with pytest.raises(NotFound):
        await provider(server).find(EntryId("/a"), "b")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
async def test_what_is_no_name_is_not_found_without_asking(name: str):
    server = Scripted()
    with pytest.raises(NotFound):
        await provider(server).find(ROOT, name)
    assert server.requests == []


async def test_a_failing_server_says_nothing_about_the_entry(autojump_clock):
    server = Scripted({"PROPFIND /dav/a": status(500)})
    with pytest.raises(Unavailable):
        await provider(server).stat(EntryId("/a"))


async def test_a_page_of_html_is_no_answer():
    server = Scripted({"PROPFIND /dav/": httpx.Response(200, html="<p>Sign in</p>")})
    with pytest.raises(BadReply):
        await provider(server).root()
