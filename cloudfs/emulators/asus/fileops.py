"""Folders made, entries renamed, moved, copied, removed (reference 3.4, 3.7 to 3.10)."""

from collections.abc import Callable

from cloudfs.emulators.asus import changing
from cloudfs.emulators.asus.attributes import from_element
from cloudfs.emulators.asus.call import GROUP_EDIT, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.places import View
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

MOST_FOLDERS = 500  # that one call removes

Find = Callable[[View, int], Node]  # a live entry of one kind by its number


@serve(routes, "folder/create", label="create-folder", needs=GROUP_EDIT)
def _create(call: Call) -> Answer:
    fields, view = call.fields, call.view
    number, name = fields.need_number("parent"), fields.name("display")
    attribute = from_element(fields.element("attribute"), call.emulator.clock.now_ms())
    parent = view.live_folder(number)
    if call.group and view.is_system(parent):
        raise Refusal(Status.READ_ONLY, "no group-edit folder can be made in a system folder")
    view.need_change(parent, group=call.group)
    return [leaf("id", view.number(changing.create_folder(view, parent, name, attribute)))]


@serve(routes, "folder/rename", label="rename", needs=GROUP_EDIT)
def _rename_folder(call: Call) -> Answer:
    return _rename(call, View.live_folder)


@serve(routes, "file/rename", label="rename", needs=GROUP_EDIT)
def _rename_file(call: Call) -> Answer:
    return _rename(call, View.live_file)


def _rename(call: Call, find: Find) -> Answer:
    number, name = call.fields.need_number("id"), call.fields.name("display")
    node = find(call.view, number)
    _need_change(call, node)
    changing.rename(call.view, node, name)
    return []


@serve(routes, "folder/move", label="move", needs=GROUP_EDIT)
def _move_folder(call: Call) -> Answer:
    return _move(call, View.live_folder)


@serve(routes, "file/move", label="move", needs=GROUP_EDIT)
def _move_file(call: Call) -> Answer:
    return _move(call, View.live_file)


def _move(call: Call, find: Find) -> Answer:
    number, to = call.fields.need_number("id"), call.fields.need_number("parent")
    node = find(call.view, number)
    parent = call.view.live_folder(to, Status.NO_DESTINATION)
    _need_change(call, node)
    call.view.need_change(parent, group=call.group)
    changing.move(call.view, node, parent)
    return []


@serve(routes, "file/copy", label="copy", needs=GROUP_EDIT)
def _copy(call: Call) -> Answer:
    view = call.view
    numbers, to = call.fields.numbers("fileid"), call.fields.need_number("parent")
    nodes = [view.live_file(number) for number in numbers]
    parent = view.live_folder(to, Status.NO_DESTINATION)
    view.need_change(parent, group=call.group)
    if len({node.parent for node in nodes}) > 1:
        raise Refusal(Status.OTHER_PARENTS, "the files are not in one folder")
    made, failed = [], []
    for number, node in zip(numbers, nodes, strict=True):
        copied = changing.copy_file(view, node, parent)
        if copied is None:
            failed.append(leaf("failid", number))
        else:
            made.append(leaf("fileid", view.number(copied)))
    return [*made, *failed]


@serve(routes, "file/remove", label="remove", needs=GROUP_EDIT)
def _remove_files(call: Call) -> Answer:
    numbers = list(dict.fromkeys(call.fields.joined_numbers("id")))
    for node in [call.view.live_file(number) for number in numbers]:
        _need_change(call, node)
        changing.remove(call.view, node)
    return []


@serve(routes, "folder/remove", label="remove", needs=GROUP_EDIT)
def _remove_folders(call: Call) -> Answer:
    numbers = list(dict.fromkeys(call.fields.joined_numbers("id")))
    only_children = call.fields.flag("ischildonly")
    if len(numbers) > MOST_FOLDERS:
        raise malformed("id")
    for number in numbers:
        node = _folder_to_remove(call.view, number, one_of_many=len(numbers) > 1)
        if node is not None:
            _remove_folder(call, node, only_children=only_children)
    return []


def _folder_to_remove(view: View, number: int, *, one_of_many: bool) -> Node | None:
    """The folder; of many those that are gone do not matter."""
    try:
        return view.live_folder(number)
    except Refusal as refusal:
        if one_of_many and refusal.status == Status.NO_FOLDER:
            return None
        raise


def _remove_folder(call: Call, node: Node, *, only_children: bool) -> None:
    if not only_children:
        _need_change(call, node)
        changing.remove(call.view, node)
        return
    call.view.need_change(node, group=call.group)
    for child in call.store.tree.children(node.id):
        changing.remove(call.view, child)


def _need_change(call: Call, node: Node) -> None:
    """200 for system folders, for what the viewer may not change, and for the top of a share."""
    if node.parent is None:
        raise Refusal(Status.READ_ONLY, "this is a system folder")
    call.view.need_change(node, group=call.group)
    call.view.need_change(call.store.tree.get(node.parent), group=call.group)
