"""Archives packed and unpacked on the server (reference 3.24)."""

from contextlib import aclosing
from typing import Any

from cloudfs.emulators.podspace import changing
from cloudfs.emulators.podspace.access import Level
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import entity
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.names import check_name
from cloudfs.emulators.podspace.unzipping import unzip
from cloudfs.emulators.podspace.zips import entries_of, in_thread, zipped

routes = PodSpaceRoutes()


@routes.on("POST", "files/archive", key="archive.create", label="pack")
async def _create(call: Call) -> Any:
    hashes, name = call.params.parts("hashes"), check_name(call.params.need("name"))
    if not hashes:
        raise ApiError(Code.INVALID_REQUEST, "hashes is missing")
    with call.store.transaction():
        tops = [call.view.need(call.view.entry(text), Level.VIEW) for text in hashes]
        call.folder_in("destFolderHash")
        entries = entries_of(call.store, tops)
    async with call.store.blobs.receive() as archive:
        try:
            async with aclosing(in_thread(zipped(entries))) as pieces:
                async for piece in pieces:
                    await archive.write(piece)
        except FileNotFoundError as error:
            raise ApiError(Code.ERROR_IN_SAVING_FILE, "it was deleted meanwhile") from error
        await archive.flush()
        with call.store.transaction():
            folder = call.folder_in("destFolderHash")
            node = changing.add_file(call.view, folder, name, archive, unique=True)
            return entity(call.view, node)


@routes.on("POST", "files/<hash>/extract", key="archive.extract", label="unpack")
async def _extract(call: Call) -> Any:
    with call.store.transaction():
        source = call.view.file(call.hash, Level.VIEW)
        folder = call.folder_in("destFolderHash")
    top = await unzip(call.view, source, folder)
    return entity(call.view, top)
