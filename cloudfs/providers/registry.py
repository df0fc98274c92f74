"""The services there are, by the `type` of a remote. A new one is a line here.

A line is where the provider's class is: it is imported when a remote needs it, so that a command
starts without the other services.
"""

from collections.abc import Mapping, MutableMapping
from pkgutil import resolve_name
from typing import Any

from cloudfs.errors import ConfigError
from cloudfs.http.client import Http
from cloudfs.providers.base import Provider
from cloudfs.providers.settings import read

SERVICES: Mapping[str, str] = {
    "asuswebstorage": "cloudfs.providers.asus.provider:WebStorageProvider",
    "omnistor": "cloudfs.providers.asus.provider:OmniStorProvider",
    "cloud689": "cloudfs.providers.cloud689.provider:Cloud689Provider",
    "cloudike": "cloudfs.providers.cloudike.provider:CloudikeProvider",
    "podspace": "cloudfs.providers.podspace.provider:PodspaceProvider",
    "s3": "cloudfs.providers.s3.provider:S3Provider",
    "webdav": "cloudfs.providers.webdav.provider:WebDavProvider",
    "memory": "cloudfs.providers.memory:MemoryProvider",
}


def service(type_: str, *, remote: str) -> type[Provider]:
    """The provider class of a remote's *type_*. Raises ConfigError if there is none."""
    if type_ not in SERVICES:
        known = ", ".join(sorted(SERVICES))
        raise ConfigError(f"remote {remote}: unknown type {type_!r}; known are {known}")
    provider_class: type[Provider] = resolve_name(SERVICES[type_])
    return provider_class


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
