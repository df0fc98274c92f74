import httpx
import pytest

from cloudfs.errors import (
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    ConnectionLost,
    IsAFolder,
    NotFound,
    QuotaExceeded,
    TransientError,
    Unavailable,
)
from cloudfs.model import Entry, EntryId, Transfer
from cloudfs.providers.base import Verb
from cloudfs.providers.webdav.looking import TEMPORARY
from cloudfs.providers.webdav.paths import ROOT
from cloudfs.providers.webdav.uploads import temporary_name
from tests.providers.webdav.scripted import (
    GONE,
    THEN,
    Answer,
    Scripted,
    entry,
    file,
    folder,
    multistatus,
    provider,
    status,
)
from tests.support import BytesContent

NEW = multistatus(file("/dav/a", etag='"v2"'))
OLD = multistatus(file("/dav/a"))
PUT, MOVE, LOOK = "PUT /dav/a", "MOVE /dav/TEMPORARY", "PROPFIND /dav/a"
ASIDE, CLEANUP = "PUT /dav/TEMPORARY", "DELETE /dav/TEMPORARY"


async def upload(
    server: Scripted,
    profile: str,
    *,
    replacing: Entry | None = None,
    folder_id: str = "/",
    transfer: Transfer | None = None,
    **settings: object,
) -> Entry:
    account = provider(server, profile=profile, **settings)
    content = BytesContent(b"abc", modified_ns=THEN * 1_000_000_000 + 5)
    return await account.upload(
        EntryId(folder_id), "a", content, replacing=replacing, transfer=transfer
    )


# Straight to its place ----------------------------------------------------------------------


async def test_a_new_file_is_put_on_the_condition_that_there_is_none():
    server = Scripted({PUT: status(201), LOOK: NEW})
    stored = await upload(server, "apache")
    assert (stored.id, stored.size, stored.version) == ("/a", 3, "v2")
    request = server.last("PUT")
    assert request.content == b"abc"
    assert request.headers["If-None-Match"] == "*"
    assert request.headers["Content-Length"] == "3"
    assert "Transfer-Encoding" not in request.headers
    assert server.log == [PUT, LOOK]


async def test_an_empty_file_has_a_length_too():
    server = Scripted({PUT: status(201), LOOK: multistatus(file("/dav/a", size=0))})
    await provider(server, profile="apache").upload(ROOT, "a", BytesContent(b""))
    assert server.last("PUT").headers["Content-Length"] == "0"


async def test_a_file_is_replaced_on_the_condition_that_it_is_at_its_version():
    server = Scripted({PUT: status(204), LOOK: NEW})
    await upload(server, "apache", replacing=entry("/a", etag='W/"v1"'))
    assert server.last("PUT").headers["If-Match"] == '"v1"'
    assert server.log == [PUT, LOOK]


@pytest.mark.parametrize(
    ("now", "error"),
    [
        (GONE, NotFound),
        (multistatus(file("/dav/a", etag='"theirs"')), Changed),
        (multistatus(folder("/dav/a/")), IsAFolder),
    ],
)
async def test_a_failed_condition_is_looked_into(now: Answer, error: type[CloudError]):
    server = Scripted({PUT: status(412), LOOK: now})
    with pytest.raises(error):
        await upload(server, "apache", replacing=entry("/a"))
    assert server.log == [PUT, LOOK]


async def test_a_condition_that_only_a_weak_etag_failed_is_left_out():
    server = Scripted(
        {
            PUT: [status(412), status(204)],
            LOOK: [multistatus(file("/dav/a", etag='W/"v1"')), NEW],
        }
    )
    stored = await upload(server, "apache", replacing=entry("/a", etag='W/"v1"'))
    assert stored.version == "v2"
    assert server.log == [PUT, LOOK, PUT, LOOK]
    assert "If-Match" not in server.last("PUT").headers


async def test_a_taken_name_is_refused():
    server = Scripted({PUT: status(412), LOOK: OLD})
    with pytest.raises(AlreadyExists):
        await upload(server, "apache")


@pytest.mark.parametrize("code", [404, 405, 409])
async def test_a_folder_is_never_replaced_by_a_file(code: int):
    server = Scripted({PUT: status(code), LOOK: multistatus(folder("/dav/a/"))})
    with pytest.raises(AlreadyExists):
        await upload(server, "apache")
    with pytest.raises(IsAFolder):
        await upload(server, "apache", replacing=entry("/a"))


@pytest.mark.parametrize("code", [404, 409, 500])
@pytest.mark.parametrize("profile", ["apache", "rclone", "nginx"])
async def test_a_missing_parent_is_not_found_however_the_server_says_it(code: int, profile: str):
    server = Scripted(
        {
            "PUT /dav/f/a": status(code),
            "PUT /dav/f/TEMPORARY": status(code),
            "DELETE /dav/f/TEMPORARY": GONE,
            "PROPFIND /dav/f/a": GONE,
            "PROPFIND /dav/f": GONE,
        }
    )
    with pytest.raises(NotFound):
        await upload(server, profile, folder_id="/f")


async def test_a_failure_of_the_server_is_no_missing_parent():
    server = Scripted({PUT: status(500), LOOK: GONE, "PROPFIND /dav/": multistatus(folder("/dav"))})
    with pytest.raises(Unavailable):
        await upload(server, "apache")


async def test_a_full_account_is_told():
    server = Scripted({PUT: status(507)})
    with pytest.raises(QuotaExceeded):
        await upload(server, "apache")


async def test_a_server_that_stored_less_is_found_out():
    server = Scripted({PUT: status(201), LOOK: multistatus(file("/dav/a", size=2))})
    with pytest.raises(BadReply, match="2 bytes of 3"):
        await upload(server, "apache")


async def test_a_file_that_somebody_replaced_at_once_is_not_taken_for_ours():
    server = Scripted({PUT: status(201, ETag='"ours"'), LOOK: NEW})
    with pytest.raises(Changed):
        await upload(server, "wsgidav", atomic_put=False)
    server = Scripted({PUT: status(201, ETag='"v2"'), LOOK: NEW})
    assert (await upload(server, "wsgidav", atomic_put=False)).version == "v2"


async def test_a_conditional_upload_is_not_repeated_by_itself():
    server = Scripted({PUT: httpx.ReadError("reset")})
    with pytest.raises(ConnectionLost):
        await upload(server, "apache")
    assert server.log == [PUT]


async def test_what_was_sent_is_counted_once(autojump_clock):
    server = Scripted({PUT: [status(503), status(201)], LOOK: NEW})
    transfer = Transfer()
    await upload(server, "apache", transfer=transfer)
    assert server.log == [PUT, PUT, LOOK]
    assert transfer.sent == 3


async def test_a_second_attempt_counts_from_the_beginning():
    server = Scripted({PUT: [httpx.WriteError("reset"), status(201)], LOOK: NEW})
    transfer = Transfer()
    with pytest.raises(ConnectionLost):
        await upload(server, "apache", transfer=transfer)
    await upload(server, "apache", transfer=transfer)
    assert transfer.sent == 3


async def test_wsgidav_is_asked_before_as_it_would_create_what_is_gone():
    server = Scripted({LOOK: GONE})
    with pytest.raises(NotFound):
        await upload(server, "wsgidav", atomic_put=False, replacing=entry("/a"))
    assert server.log == [LOOK]


# Times --------------------------------------------------------------------------------------


async def test_the_time_is_sent_in_the_header_that_the_server_reads():
    server = Scripted({PUT: status(204), LOOK: NEW})
    await upload(server, "apache", replacing=entry("/a"))
    assert server.last("PUT").headers["X-OC-Mtime"] == str(THEN)
    await upload(server, "nginx", replacing=entry("/a"))
    assert server.last("PUT").headers["Date"] == "Sun, 13 Sep 2020 12:26:40 GMT"
    assert "X-OC-Mtime" not in server.last("PUT").headers


async def test_a_server_that_accepts_a_time_is_remembered_for_it():
    server = Scripted({PUT: status(201, X_OC_MTime="accepted"), LOOK: NEW})
    account = provider(server, profile="apache")
    assert account.capabilities.modified_step_ns is None
    await account.upload(ROOT, "a", BytesContent(b"abc"))
    assert account.capabilities.modified_step_ns == 1_000_000_000


async def test_a_time_before_1970_is_not_sent():
    server = Scripted({PUT: status(201), LOOK: NEW})
    content = BytesContent(b"abc", modified_ns=-1)
    await provider(server, profile="apache").upload(ROOT, "a", content)
    assert "X-OC-Mtime" not in server.last("PUT").headers


# Under a temporary name first ---------------------------------------------------------------


@pytest.mark.parametrize("profile", ["", "wsgidav", "rclone", "nginx"])
async def test_a_new_file_gets_its_name_only_when_it_is_whole(profile: str):
    server = Scripted({ASIDE: status(201), MOVE: status(201), LOOK: NEW})
    account = provider(server, profile=profile)
    assert Verb.CREATE in account.capabilities.conditional
    assert (await account.upload(ROOT, "a", BytesContent(b"abc"))).version == "v2"
    assert server.log == [ASIDE, MOVE, LOOK]
    moved = server.last("MOVE").headers
    assert (moved["Destination"], moved["Overwrite"]) == ("https://dav.example/dav/a", "F")


@pytest.mark.parametrize("profile", ["", "wsgidav", "rclone"])
async def test_a_replacement_is_compared_just_before_it_takes_its_place(profile: str):
    server = Scripted({ASIDE: status(201), MOVE: status(204), LOOK: [OLD, NEW]})
    account = provider(server, profile=profile)
    assert Verb.REPLACE not in account.capabilities.conditional
    await upload(server, profile, replacing=entry("/a"))
    assert server.log == [ASIDE, LOOK, MOVE, LOOK]
    assert server.last("MOVE").headers["Overwrite"] == "T"


async def test_a_file_that_moved_on_is_spared_and_nothing_is_left_behind():
    theirs = multistatus(file("/dav/a", etag='"theirs"'))
    server = Scripted({ASIDE: status(201), LOOK: theirs, CLEANUP: status(204)})
    with pytest.raises(Changed):
        await upload(server, "wsgidav", replacing=entry("/a"))
    assert server.log == [ASIDE, LOOK, CLEANUP]


async def test_a_name_taken_meanwhile_is_spared_and_nothing_is_left_behind():
    server = Scripted({ASIDE: status(201), MOVE: status(412), LOOK: OLD, CLEANUP: status(204)})
    with pytest.raises(AlreadyExists):
        await upload(server, "wsgidav")
    assert server.log[-1] == CLEANUP


async def test_half_an_upload_is_removed(autojump_clock):
    server = Scripted({ASIDE: httpx.WriteError("reset"), CLEANUP: status(204)})
    with pytest.raises(ConnectionLost):
        await upload(server, "wsgidav")
    assert server.log[-1] == CLEANUP


async def test_what_could_not_be_removed_is_removed_by_the_next_attempt(autojump_clock):
    lost = httpx.ConnectError("gone")
    server = Scripted({ASIDE: httpx.WriteError("reset"), CLEANUP: lost})
    transfer = Transfer()
    with pytest.raises(ConnectionLost):
        await upload(server, "wsgidav", transfer=transfer)
    left = server.last("PUT").url.path
    later = Transfer(transfer.saved)  # perhaps in another process
    server = Scripted({CLEANUP: status(204), ASIDE: status(201), MOVE: status(201), LOOK: NEW})
    await upload(server, "wsgidav", transfer=later)
    assert server.log == [CLEANUP, ASIDE, MOVE, LOOK]
    assert server.requests[0].url.path == left
    assert server.last("PUT").url.path != left
    assert later.saved is None


async def test_the_name_is_kept_before_anything_is_sent():
    """So it is known even after the process died."""
    transfer = Transfer()
    kept = []

    async def serve(request: httpx.Request) -> httpx.Response:
        kept.append((request.url.path, transfer.saved))
        return httpx.Response(201)

    server = Scripted({ASIDE: serve, MOVE: status(201), LOOK: NEW})
    await upload(server, "wsgidav", transfer=transfer)
    ((path, saved),) = kept
    server = Scripted({CLEANUP: status(404), ASIDE: status(201), MOVE: status(201), LOOK: NEW})
    await upload(server, "wsgidav", transfer=Transfer(saved))
    assert server.log == [CLEANUP, ASIDE, MOVE, LOOK]
    assert server.requests[0].url.path == path


@pytest.mark.parametrize(
    "saved",
    [
        *("{", "[]", '"x"', "5", "{}", '{"temporary": 5}', '{"temporary": "/a"}'),
        '{"temporary": "/.a.cloudfs-tmp-0123abcd/b"}',
        '{"folder": "cloudfs-1", "target": "/a", "size": 3, "part": 5}',  # of an upload in parts
    ],
)
async def test_nothing_else_is_ever_removed(saved: str):
    server = Scripted({ASIDE: status(201), MOVE: status(201), LOOK: NEW})
    await upload(server, "wsgidav", transfer=Transfer(saved))
    assert server.log == [ASIDE, MOVE, LOOK]


async def test_a_half_stored_temporary_file_is_not_mistaken_for_a_taken_name():
    server = Scripted(
        {
            ASIDE: status(500),
            "PROPFIND /dav/": multistatus(folder("/dav/")),
            CLEANUP: status(204),
        }
    )
    with pytest.raises(Unavailable):
        await upload(server, "wsgidav")


async def test_a_move_whose_answer_was_lost_is_looked_into():
    server = Scripted(
        {
            ASIDE: status(201),
            MOVE: httpx.ReadError("reset"),
            "PROPFIND /dav/TEMPORARY": GONE,
            LOOK: NEW,
        }
    )
    assert (await upload(server, "wsgidav")).version == "v2"

    async def still_there(request: httpx.Request) -> httpx.Response:
        return multistatus(file(request.url.path))

    server.on("PROPFIND /dav/TEMPORARY", still_there)
    server.on(CLEANUP, status(204))
    with pytest.raises(ConnectionLost):
        await upload(server, "wsgidav")


async def test_a_move_that_was_refused_unseen_leaves_nothing_behind(autojump_clock):
    server = Scripted({ASIDE: status(201), MOVE: status(503), CLEANUP: status(204)})
    with pytest.raises(TransientError):
        await upload(server, "wsgidav")
    assert server.log[-1] == CLEANUP
    assert "PROPFIND" not in " ".join(server.log)


async def test_what_cannot_be_removed_does_not_hide_the_reason(autojump_clock):
    server = Scripted({ASIDE: status(507), CLEANUP: status(403)})
    with pytest.raises(QuotaExceeded):
        await upload(server, "wsgidav")
    server.on(CLEANUP, httpx.ConnectError("gone"))
    with pytest.raises(QuotaExceeded):
        await upload(server, "wsgidav")


async def test_it_can_be_switched_off():
    server = Scripted({PUT: status(201), LOOK: NEW})
    account = provider(server, profile="rclone", atomic_put=False)
    assert Verb.CREATE not in account.capabilities.conditional
    await account.upload(ROOT, "a", BytesContent(b"abc"))
    assert server.log == [PUT, LOOK]


async def test_a_name_that_the_server_misreads_as_a_target_is_written_in_place():
    server = Scripted({"PUT /dav/w%3F/a": status(201), "PROPFIND /dav/w%3F/a": OLD})
    server.on("PROPFIND /dav/w%3F/a", multistatus(file("/dav/w%3F/a")))
    await upload(server, "wsgidav", folder_id="/w?")
    assert server.log == ["PUT /dav/w%3F/a", "PROPFIND /dav/w%3F/a"]


@pytest.mark.parametrize("name", ["a", "x" * 255, "ä" * 127, "\U0001f680" * 63, ".hidden"])
def test_temporary_names_fit_and_are_recognised(name: str):
    temporary = temporary_name(name)
    assert len(temporary.encode()) <= 255
    assert TEMPORARY.fullmatch(temporary)
    assert temporary != temporary_name(name)
