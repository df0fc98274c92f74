"""Work that a command does with a remote's account, signed in; and what the service may lack."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from cloudfs.config import Remote
from cloudfs.errors import Unsupported, unwrapped
from cloudfs.mounting.building import connected
from cloudfs.mounting.folders import folders_of
from cloudfs.providers.base import Provider

T = TypeVar("T")
F = TypeVar("F")


def at_service(remote: Remote, work: Callable[[Provider], Awaitable[T]]) -> T:
    """What *work* makes of the remote's provider. What that refuses names the service."""

    async def run() -> T:
        async with connected(remote, folders_of(remote.name)) as (provider, _):
            await provider.open()
            try:
                with unwrapped():
                    return await work(provider)
            except Unsupported as error:
                if provider.title in str(error):
                    raise
                raise Unsupported(f"{provider.title}: {error}") from error

    with unwrapped():
        return trio.run(run)


def offered(provider: Provider, facet: F | None, feature: str) -> F:
    """The facet of a provider. Raises Unsupported, naming the *feature*, if it has none."""
    if facet is None:
        raise lacking(provider, feature)
    return facet


def lacking(provider: Provider, feature: str) -> Unsupported:
    """The refusal of what a service does not have."""
    return Unsupported(f"{provider.title} has no {feature} that cloudfs can use")
