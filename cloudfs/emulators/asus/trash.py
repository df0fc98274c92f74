"""The recycle bin: entries put back, and deleted for good (reference 3.12 and 3.13)."""

from cloudfs.emulators.asus import changing
from cloudfs.emulators.asus.call import Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, illegal, malformed
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()


@serve(routes, "folder/restore", label="restore")
def _restore_folders(call: Call) -> Answer:
    return _restore(call, call.fields.numbers("folderid"), folders=True)


@serve(routes, "file/restore", label="restore")
def _restore_files(call: Call) -> Answer:
    return _restore(call, call.fields.numbers("fileid"), folders=False)


def _restore(call: Call, numbers: list[int], *, folders: bool) -> Answer:
    view = call.view
    to = call.fields.number("parent")
    if to is None:
        raise Refusal(Status.NO_TARGET, "parent is missing")
    parent = view.folder(to, Status.NO_DESTINATION)
    if view.is_bin(parent):
        raise Refusal(Status.SAME_PARENT, "this is the bin")
    if parent.bin is not None:
        raise illegal("parent")
    view.need_change(parent, group=False)
    for node in [view.entry(number, folder=folders) for number in dict.fromkeys(numbers)]:
        if node.bin != node.id or node.owner != view.user:
            raise Refusal(Status.ILLEGAL, "this is not directly in the bin")
        changing.restore(view, node, parent)
    return [leaf("parent", view.number(parent))]


@serve(routes, "folder/clearrecyclebin", label="purge")
def _clear_folders(call: Call) -> Answer:
    numbers = call.fields.numbers("folderid")
    bin_number = call.view.number(call.view.bin(call.user.id))
    nodes = [_binned(call, number, folder=True) for number in numbers if number != bin_number]
    if bin_number in numbers:
        nodes += [call.store.tree.get(item.node) for item in call.store.bin.items(call.user.id)]
    return _clear(call, nodes)


@serve(routes, "file/clearrecyclebin", label="purge")
def _clear_files(call: Call) -> Answer:
    numbers = call.fields.numbers("fileid")
    return _clear(call, [_binned(call, number, folder=False) for number in numbers])


def _clear(call: Call, nodes: list[Node]) -> Answer:
    for node in nodes:
        if call.store.tree.find(node.id) is not None:  # one may have been below another
            changing.purge(call.view, node)
    return [call.scrip()]


def _binned(call: Call, number: int, *, folder: bool) -> Node:
    """Something in the bin, or below something in it."""
    try:
        node = call.view.entry(number, folder=folder)
    except Refusal as refusal:
        raise malformed("folderid" if folder else "fileid") from refusal
    if node.bin is None or node.owner != call.user.id:
        raise malformed("folderid" if folder else "fileid")
    return node
