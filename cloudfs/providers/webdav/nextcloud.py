"""Finding out that a server is Nextcloud or ownCloud, and what it offers (reference 2, 9)."""

import json
from typing import Any

from cloudfs.errors import BadReply, CloudError, NotFound
from cloudfs.model import EntryId
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.paths import Collection, Segments, id_of, segments_of
from cloudfs.providers.webdav.server import CloudAccount
from cloudfs.providers.webdav.wire import Resource

PROBES = ("oc:fileid", "nc:has-preview")
"""Properties that only these servers have, the second only Nextcloud; both on any folder."""

ENTRY_POINT = "remote.php"


def product_of(resource: Resource) -> str:
    """The product that describes a resource this way; "" for any other server."""
    if "nc:has-preview" in resource.extra:
        return "nextcloud"
    return "owncloud" if "oc:fileid" in resource.extra else ""


async def find_account(dav: Dav, base: Collection, product: str) -> CloudAccount | None:
    """The account that the base collection belongs to.

    None if what it offers beyond files cannot be reached from there, as behind a public link.
    """
    if ENTRY_POINT not in base.segments:
        return None
    at = base.segments.index(ENTRY_POINT)
    installation = base.ancestor(at)
    inside = base.segments[at + 1 :]
    user, below = await _place(dav, installation, inside)
    if not user:
        return None
    endpoint = installation.below(ENTRY_POINT, "dav")
    version = await _json(dav, installation.url + "status.php")
    bin_names = ("trashbin", user, "trash") if product == "nextcloud" else ("trash-bin", user)
    return CloudAccount(
        product=product,
        version=str(version.get("versionstring", "")),
        endpoint=endpoint.url,
        user=user,
        below=id_of(below),
        trash=await _exists(dav, endpoint.below(*bin_names)),
        versions=product == "owncloud"
        or await _exists(dav, endpoint.below("versions", user, "versions")),
    )


def files_of(account: CloudAccount) -> Collection:
    """The base collection at the account's own endpoint, where its parts work together."""
    return Collection(account.endpoint).below(
        "files", account.user, *segments_of(EntryId(account.below))
    )


async def _place(dav: Dav, installation: Collection, inside: Segments) -> tuple[str, Segments]:
    """The user's internal id, and the path in his files."""
    if inside[:2] == ("dav", "files") and len(inside) > 2:
        return inside[2], inside[3:]
    if inside[:1] == ("webdav",):
        url = installation.url + "ocs/v2.php/cloud/user?format=json"
        told = await _json(dav, url)
        data = told.get("ocs", {})
        data = data.get("data", {}) if isinstance(data, dict) else {}
        user = data.get("id", "") if isinstance(data, dict) else ""
        return str(user), inside[1:]
    return "", ()


async def _json(dav: Dav, url: str) -> dict[str, Any]:
    """What the server says at *url*; nothing if it says nothing that can be understood."""
    headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
    try:
        reply = await dav.send("GET", url, headers=headers)
        told = json.loads(reply.body) if reply.ok else {}
    except (BadReply, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


async def _exists(dav: Dav, collection: Collection) -> bool:
    try:
        await dav.propfind(collection.url, 0, ("d:resourcetype",))
    except NotFound:
        return False
    except CloudError as error:
        if error.transient:
            raise
        return False
    return True
