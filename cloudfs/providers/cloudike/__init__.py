"""Cloudike Enterprise, formerly MountBit: storage for companies, under many names.

A request runs down this row::

    provider                             our verbs
    trash, versions, changes, sharing    facets; so are tree, search, favorites, recent, details,
                                         archives, fetching, previews
    comments, undeleting, precheck       what no other service has; accountcalls, too
    moving, copying, uploads, tasks      what takes several requests
    api, filecalls, sharecalls,
    trashcalls, store                    one request each: the service's calls, the object store
    connection                           a call with credentials, encoding and errors
    auth, encoding, refusals             sign-in, bodies of POST, what a refusal means

`wire`, `answers` and `particulars` turn replies into our dataclasses, `values` checks the plain
values in them, `paths` knows how an entry's id, its path, is put together. `spool` and
`jsonarray` are for what is too large for memory. Sections named in the comments are those of the
protocol reference.
"""

from cloudfs.providers.cloudike.provider import CloudikeProvider
from cloudfs.providers.cloudike.settings import CloudikeSettings

__all__ = ["CloudikeProvider", "CloudikeSettings"]
