"""Files that the service fetches by URL (reference 3.24)."""

import http.client
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import unquote

import trio

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entity
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.shares import publish
from cloudfs.emulators.store.blobs import PIECE, Growing

routes = PodSpaceRoutes()

TIMEOUT = 30.0  # seconds without a byte


@routes.on("POST", "files/url", key="file.upload_url", label="fetch-url")
async def _upload_url(call: Call) -> Any:
    url, public = call.params.web_address("url"), call.params.boolean("isPublic")
    name = call.params.text("filename") or unquote(url.path.rpartition("/")[2])
    call.folder_in("folderHash")
    async with call.store.blobs.receive() as incoming:
        await trio.to_thread.run_sync(_fetch, url.geturl(), incoming, abandon_on_cancel=True)
        with call.store.transaction():
            folder = call.folder_in("folderHash")
            node = changing.add_file(call.view, folder, name, incoming, unique=True)
            if public:
                publish(call.view, node)
            return entity(call.view, node)


def _fetch(url: str, into: Growing) -> None:
    """What is at a URL; 201 if it cannot be had."""
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
        raise ApiError(Code.ERROR_IN_SAVING_FILE, f"{url} answers {error.code}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ApiError(Code.ERROR_IN_SAVING_FILE, f"{url} could not be fetched") from error
