"""Files that the service fetches from another cloud (reference 3.8)."""

import http.client
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import trio

from cloudfs.emulators.cloud689.answers import Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import new_file_object
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.uploads import Wanted
from cloudfs.emulators.store.blobs import PIECE, Growing

routes = Cloud689Routes()

TIMEOUT = 30.0  # seconds without a byte
_CLOUDS = {1, 2, 3}  # Dropbox, Box, Google Drive


@routes.on("POST", "upload/cloud", label="fetch-url")
async def _upload_from_cloud(call: Call) -> Answer:
    params = call.params
    params.need_all("file_name", "content_url", "file_type", "cloud_type")
    params.one_of("cloud_type", _CLOUDS)
    wanted = Wanted.of(params, params.name("file_name"), params.need("file_type"))
    url = _web_address(params.need("content_url"))
    wanted.place(call.view)
    async with call.store.blobs.receive() as content:
        await trio.to_thread.run_sync(_fetch, url, content, abandon_on_cancel=True)
        with call.store.transaction():
            return Answer(new_file_object(call.view, wanted.add(call.view, content)))


def _web_address(text: str) -> str:
    """*text*, if it is the URL of something on a web server; else 400."""
    try:
        scheme = urlsplit(text).scheme
    except ValueError as error:
        raise ApiError(Code.INVALID_PARAMETER, "content_url is no URL") from error
    if scheme not in {"http", "https"}:
        raise ApiError(Code.INVALID_PARAMETER, "content_url is no URL of a web server")
    return text


def _fetch(url: str, into: Growing) -> None:
    """What is at a URL; 301 if it cannot be had."""
    # A proxy of this machine's owner has no business here.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as response:
            while piece := response.read(PIECE):
                into.append([piece])
            if response.length:  # still to come, by Content-Length
                raise http.client.IncompleteRead(b"", response.length)
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise ApiError(Code.ERR_UPLOAD_FILE, f"{url} answers {error.code}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ApiError(Code.ERR_UPLOAD_FILE, f"{url} could not be fetched") from error
