"""689Cloud: documents that teams share and protect, in projects.

A request runs down this row::

    provider, and a facet a module         our verbs and facets
    moving, removing, creating, projects,  what takes several requests, or a look before or after
    uploads, downloads, licences, history
    looking, places, sizes, spool          what those rely upon
    api, linkcalls, licencecalls           one request each: the service's calls
    connection, delivery                   a call with the token, a file, and errors
    auth, refusals                         sign-in, what a refusal means

`forms` writes requests; `wire`, `answers` and `values` read replies, `times` the two zones in
them; `ids` tells how an entry's id is put together. Sections named in the comments are those of
the protocol reference.
"""

from cloudfs.providers.cloud689.licencecalls import Terms
from cloudfs.providers.cloud689.provider import Cloud689Provider
from cloudfs.providers.cloud689.settings import Cloud689Settings

__all__ = ["Cloud689Provider", "Cloud689Settings", "Terms"]
