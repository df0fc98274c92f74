"""Changes to projects and what is in them, each with its event.

They are what routes and the methods for tests are made of. Every one runs inside a
transaction that its caller has begun; who may do it was decided before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.contents import Details, details_of, forget_details, save_details
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.history import Event, note_entries, note_project
from cloudfs.emulators.cloud689.names import check_name, content_type
from cloudfs.emulators.cloud689.projects import Project
from cloudfs.emulators.store.bin import BinItem
from cloudfs.emulators.store.blobs import Blob, Growing
from cloudfs.emulators.store.tree import Node

Content = Blob | Growing  # stored already, or received just now

_UPLOADED = "uploaded"  # kind of version


def create_project(
    view: View, name: str, *, description: str = "", max_download: int = 1
) -> Project:
    """A new project of the user's."""
    project = view.projects.add(
        view.user.team,
        view.user.number,
        check_name(name),
        description=description,
        max_download=max_download,
        now=view.clock.now_ms(),
    )
    note_project(view, Event.CREATE_PROJECT, project)
    return project


def edit_project(
    view: View, project: Project, *, name: str, description: str, max_download: int
) -> Project:
    """Give a project another name, and the like."""
    edited = replace(
        project, name=check_name(name), description=description, max_download=max_download
    )
    view.projects.save(edited)
    note_project(view, Event.UPDATE_PROJECT, project, new_name=name)
    return view.projects.with_root(project.root) or edited


def delete_project(view: View, project: Project) -> None:
    """Delete a project with all that is in it, for ever."""
    items = view.store.bin.of_scope(project.root)
    for top in [project.root, *(item.node for item in items)]:
        for node in view.store.tree.below(top):
            forget_details(view.store, node)
    view.projects.remove(project)
    note_project(view, Event.DELETE_PROJECT, project)


def create_folder(view: View, project: Project, parent: Node, name: str) -> Node:
    """A new folder. There may be others of its name."""
    node = view.store.tree.add_folder(parent, check_name(name), author=view.user.number)
    note_entries(view, Event.CREATE_FOLDER, project, [node], parent.id)
    return node


def add_file(
    view: View,
    project: Project,
    parent: Node,
    name: str,
    content: Content,
    *,
    told_type: str = "",
    batch: str | None = None,
) -> Node:
    """A new file. There may be others of its name."""
    node = view.store.tree.add_file(parent, check_name(name), author=view.user.number)
    node = write(view, node, content)
    save_details(view.store, node, Details(name, content_type(name, told_type)))
    note_entries(view, Event.ADD_FILE, project, [node], parent.id, batch=batch)
    return node


def write(view: View, node: Node, content: Content) -> Node:
    """Give a file its content; what it was before is forgotten."""
    blob = content if isinstance(content, Blob) else view.store.blobs.keep(content)
    node = view.store.contents.write(
        node,
        blob,
        number=node.number + 1,
        made=view.clock.now_ms(),
        kind=_UPLOADED,
        author=node.author,
    )
    view.store.contents.drop_history(node)
    return node


def protect(view: View, node_id: int, container: Growing) -> None:
    """Put the content of a file into a container, as which it stays the same file."""
    old = view.store.tree.get(node_id)
    details = details_of(view.store, old)
    node = write(view, old, container)
    save_details(view.store, node, replace(details, plain_size=old.size))
    project = view.project_of(node)
    note_entries(view, Event.UPDATE, project, [node], node.parent, old_name=node.name)


def rename(view: View, project: Project, node: Node, name: str) -> Node:
    """Give an entry another name."""
    old_name = node.name
    node = view.store.tree.rename(node, check_name(name))
    if not node.is_file:
        view.store.tree.set_client_times(node, None, view.clock.now_ms())
        node = view.store.tree.get(node.id)
    note_entries(view, Event.UPDATE, project, [node], node.parent, old_name=old_name)
    return node


def move(view: View, project: Project, node: Node, folder: Node) -> None:
    """Put an entry into another folder of its project."""
    if any(above.id == node.id for above in view.store.tree.above(folder.id)):
        raise ApiError(Code.ERR_INVALID_FOLDER, "a folder cannot be put into itself")
    node = view.store.tree.move(node, folder)
    note_entries(view, Event.MOVE, project, [node], folder.id)


def remove(view: View, project: Project, node: Node) -> None:
    """Move an entry, with all that is below it, into the trash of its project."""
    above = view.store.tree.above(node.id)
    path = "".join(f"/{found.name}" for found in reversed(above[:-1]))
    parent = node.parent
    view.store.bin.put(node, path, by=view.user.number, scope=project.root)
    note_entries(view, Event.REMOVE, project, [node], parent)


def restore(view: View, project: Project, items: Iterable[BinItem]) -> None:
    """Put entries back where they were, or into the root if that folder is gone."""
    places: dict[tuple[bool, int], list[Node]] = {}
    for item in _outer_first(view, items):
        folder = None if item.parent is None else view.store.tree.find(item.parent)
        if folder is None or folder.bin is not None:
            folder = view.store.tree.get(project.root)
        node = view.store.tree.get(item.node)
        node = view.store.bin.restore(item, folder, node.name)
        places.setdefault((node.is_file, folder.id), []).append(node)
    for (_, parent), nodes in places.items():
        note_entries(view, Event.RESTORE, project, nodes, parent)


def purge(view: View, project: Project, items: Sequence[BinItem]) -> None:
    """Delete entries of the trash for ever."""
    places: dict[tuple[bool, int | None], list[Node]] = {}
    for item in items:
        node = view.store.tree.get(item.node)
        places.setdefault((node.is_file, item.parent), []).append(node)
    for (_, parent), nodes in places.items():
        note_entries(view, Event.DELETE, project, nodes, parent)
    for item in items:
        for node in view.store.tree.below(item.node):
            forget_details(view.store, node)
        view.store.bin.purge(item)


def _outer_first(view: View, items: Iterable[BinItem]) -> list[BinItem]:
    """*items* in an order in which a folder comes before what was deleted from it earlier."""
    waiting = {item.node: item for item in items}
    ordered: list[BinItem] = []
    while waiting:
        for item in list(waiting.values()):
            parent = None if item.parent is None else view.store.tree.find(item.parent)
            if parent is None or parent.bin not in waiting:
                ordered.append(waiting.pop(item.node))
    return ordered
