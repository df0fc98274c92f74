"""The services there are, by the `type` of a remote. A new one is a line here."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from cloudfs.errors import ConfigError
from cloudfs.http.client import Http
from cloudfs.providers.asus.provider import OmniStorProvider, WebStorageProvider
from cloudfs.providers.base import Provider
from cloudfs.providers.cloud689.provider import Cloud689Provider
from cloudfs.providers.cloudike.provider import CloudikeProvider
from cloudfs.providers.memory import MemoryProvider
from cloudfs.providers.podspace.provider import PodspaceProvider
from cloudfs.providers.s3.provider import S3Provider
from cloudfs.providers.settings import read
from cloudfs.providers.webdav.provider import WebDavProvider

SERVICES: Mapping[str, type[Provider]] = {
    "asuswebstorage": WebStorageProvider,
    "omnistor": OmniStorProvider,
    "cloud689": Cloud689Provider,
    "cloudike": CloudikeProvider,
    "podspace": PodspaceProvider,
    "s3": S3Provider,
    "webdav": WebDavProvider,
    "memory": MemoryProvider,
}


def service(type_: str, *, remote: str) -> type[Provider]:
    """The provider class of a remote's *type_*. Raises ConfigError if there is none."""
    try:
        return SERVICES[type_]
    except KeyError:
        known = ", ".join(sorted(SERVICES))
        raise ConfigError(f"remote {remote}: unknown type {type_!r}; known are {known}") from None


def create(
    type_: str,
    table: Mapping[str, Any],
    *,
    remote: str,
    http: Http,
    notes: MutableMapping[str, str],
) -> Provider:
    """The provider for a remote with the settings in *table*. Raises ConfigError."""
    provider_class = service(type_, remote=remote)
    settings: object = read(provider_class.settings_type, table, remote=remote, service=type_)
    return provider_class(settings, http=http, notes=notes)
