"""Projects, folders and files as the service writes them (reference 3.1 to 3.7)."""

from collections.abc import Sequence
from typing import Any

from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.contents import Details, details_of, many_details
from cloudfs.emulators.cloud689.ids import Kind, entry_id, id_of
from cloudfs.emulators.cloud689.names import FOLDER, file_type
from cloudfs.emulators.cloud689.projects import Project
from cloudfs.emulators.cloud689.times import time_text
from cloudfs.emulators.store.tree import Node

Json = dict[str, Any]

UTC = 0  # a zone
ACTIVE, DELETED = 1, 0  # values of `status`
_PROJECT_TYPE = 1


def project_object(project: Project, *, created_zone: int = UTC) -> Json:
    """A project, as it is answered for itself."""
    return {
        "project_id": project.id,
        "team_id": id_of(Kind.TEAM, project.team),
        "name": project.name,
        "description": project.description,
        "project_type": _PROJECT_TYPE,
        "create_date": time_text(project.created, created_zone),
        "modify_date": time_text(project.modified),
        "max_download": project.max_download,
        "status": ACTIVE,
    }


def listing_entries(view: View, project: Project, nodes: Sequence[Node]) -> list[Json]:
    """Entries as they stand in listings."""
    details = many_details(view.store, nodes)
    return [_listed(view, project, node, details.get(node.id)) for node in nodes]


def _listed(view: View, project: Project, node: Node, details: Details | None) -> Json:
    modified = None if details is None else time_text(node.modified, view.zone)
    return {
        "id": entry_id(node.id),
        "name": node.name,
        "file_type": FOLDER if details is None else file_type(node.name),
        "is_folder": details is None,
        "last_modified_date": modified,
        "parent_folder_id": parent_id(view, project, node),
        "file_size": 0 if details is None else _size(view, node, details),
        "status": _status(node),
        "is_encrypt": 0 if details is None else details.is_encrypt,
        "thumbnail": None,
        "content_type": None if details is None else details.content_type,
    }


def parent_id(view: View, project: Project, node: Node) -> str | None:
    """The id of the folder that an entry is in, or was deleted from; None for the root."""
    parent = node.parent
    if node.bin == node.id:
        item = view.store.bin.top(node.id)
        parent = None if item is None else item.parent
    return None if parent in {None, project.root} else entry_id(parent or 0)


def folder_object(view: View, project: Project, node: Node) -> Json:
    """A folder, as it is answered for itself."""
    edited = node.client_modified
    return {
        "folder_id": entry_id(node.id),
        "project_id": project.id,
        "parent_folder_id": parent_id(view, project, node),
        "name": node.name,
        "create_date": time_text(node.created),
        "modify_date": None if edited is None else time_text(edited, view.zone),
        "status": _status(node),
    }


def new_file_object(view: View, node: Node) -> Json:
    """A file, as its upload is answered."""
    details = details_of(view.store, node)
    return {
        "file_id": entry_id(node.id),
        "upload_file_id": entry_id(node.id),
        "title": node.name,
        "description": details.description,
        "is_encrypt": details.is_encrypt,
        "file_type": file_type(node.name),
        "create_date": time_text(node.created),
        "modify_date": time_text(node.modified, view.zone),
        "file_size": _size(view, node, details),
        "status": _status(node),
        "in_recycle_bin": int(node.bin is not None),
        "content_type": details.content_type,
        "thumbnail": None,
    }


def file_object(view: View, node: Node, *, modified_zone: int = UTC) -> Json:
    """A file with all that is told of it."""
    details = details_of(view.store, node)
    return {
        "file_id": entry_id(node.id),
        "team_id": id_of(Kind.TEAM, node.owner),
        "user_id": id_of(Kind.USER, node.author),
        "upload_file_id": entry_id(node.id),
        "is_encrypt": details.is_encrypt,
        "title": node.name,
        "description": details.description,
        "file_type": file_type(node.name),
        "create_date": time_text(node.created),
        "modify_date": time_text(node.modified, modified_zone),
        "file_size": _size(view, node, details),
        "thumbnail": None,
        "status": _status(node),
        "in_recycle_bin": int(node.bin is not None),
        "content_type": details.content_type,
        "contents_id": entry_id(node.id),
        "viewer_contents_id": None,
        "encrypted_contents_id": entry_id(node.id) if details.is_encrypt else None,
        "origin_contents_id": None,
    }


def _size(view: View, node: Node, details: Details) -> int:
    if view.settings.list_plain_size and details.plain_size is not None:
        return details.plain_size
    return node.size


def _status(node: Node) -> int:
    return ACTIVE if node.bin is None else DELETED
