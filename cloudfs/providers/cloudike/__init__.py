"""Cloudike Enterprise, formerly MountBit: storage for companies, under many names.

A request runs down this row::

    provider, trash, versions, changes   our verbs and facets
    moving, copying, uploads, tasks      what takes several requests
    api, store                           one request each: the service's calls, the object store
    connection                           a call with credentials, encoding and errors
    auth, encoding, refusals             sign-in, bodies of POST, what a refusal means

`wire` turns replies into our dataclasses, `values` checks the plain values in them, `paths`
knows how an entry's id, its path, is put together. Sections named in the comments are those
of the protocol reference.
"""

from cloudfs.providers.cloudike.provider import CloudikeProvider
from cloudfs.providers.cloudike.settings import CloudikeSettings

__all__ = ["CloudikeProvider", "CloudikeSettings"]
