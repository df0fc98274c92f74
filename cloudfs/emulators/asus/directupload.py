"""Small uploads in one form (reference 3.5.5)."""

from contextlib import aclosing
from dataclasses import replace

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from cloudfs.emulators.asus.call import RELAY, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.fields import Fields
from cloudfs.emulators.asus.names import decode_name, encode_name
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.uploads import Target
from cloudfs.emulators.routing import TOKEN
from cloudfs.emulators.store.blobs import PIECE, Incoming

routes = AsusRoutes()

_COPIED = ("pa", "at", "fi")  # fields that mean what they mean to initbinaryupload


@serve(
    routes,
    f"webrelay/directupload/{TOKEN}",
    "webrelay/directupload",
    label="upload-form",
    needs=replace(RELAY, switch="directupload"),
)
async def _direct_upload(call: Call) -> Answer:
    async with aclosing(call.request.stream()) as stream:
        try:
            form = await MultiPartParser(call.request.headers, stream).parse()
        except (MultiPartException, KeyError) as error:  # a header may be missing
            raise Refusal(Status.PAYLOAD, "this is no form") from error
    try:
        return await _receive(call, form)
    finally:
        await form.close()


async def _receive(call: Call, form: FormData) -> Answer:
    parts = form.multi_items()
    file = next((part for _, part in parts if isinstance(part, UploadFile)), None)
    if file is None:
        raise malformed("the file")
    fields = Fields((name, part) for name, part in parts if isinstance(part, str))
    async with call.store.blobs.receive() as incoming:
        while piece := await file.read(PIECE):
            await incoming.write(piece)
        await incoming.flush()
        with call.store.transaction():
            return _put(call, fields, file.filename or "", incoming)


def _put(call: Call, fields: Fields, filename: str, incoming: Incoming) -> Answer:
    if fields.number("fs") not in {None, incoming.size}:
        raise Refusal(Status.FILE_ERROR, "not everything has arrived")
    name = _name(fields, filename)
    if fields.flag("ar") and fields.text("fi") is None:
        name = _free_name(call, fields.need_number("pa"), name)
    pairs = [(copied, fields.exact(copied) or "") for copied in _COPIED]
    pairs += [("na", encode_name(name)), ("sg", ""), ("fs", str(incoming.size))]
    target = Target(replace(call, fields=Fields(pairs)))
    target.check()
    node = target.write(call.store.blobs.keep(incoming))
    return [leaf("fileid", call.view.number(node)), leaf("rawfilename", node.name)]


def _name(fields: Fields, filename: str) -> str:
    try:
        return decode_name(fields.need("rn"))
    except (Refusal, ValueError):
        return filename


def _free_name(call: Call, parent: int, name: str) -> str:
    """*name*, or its first numbered form that nothing in the folder has."""
    folder = call.view.live_folder(parent)
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    wanted, number = name, 0
    while call.store.tree.child(folder.id, wanted) is not None:
        number += 1
        wanted = f"{stem} ({number}){dot}{extension}"
    return wanted
