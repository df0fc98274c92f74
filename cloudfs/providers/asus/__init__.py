"""ASUS WebStorage and OmniStor: one protocol, two profiles.

A request runs down this row::

    provider, trash, sharing, changes, searching ...   our verbs and facets
    moving, copying, removing, uploads, downloads      what takes several requests
    looking, places, steps, arrivals, times            what those rely upon
    api, relay, sharecalls                             one request each, in the service's words
    calls                                              with the account's token
    auth, discovery                                    sign-in, and the servers it leads to
    exchange, signing                                  a request, its signature, its status

`payload` writes requests; `wire`, `answers`, `attributes` and `values` read replies; `statuses`
is the table of errors, `ids` tells how an entry's id is put together, and `parts` puts all of
it together. Sections named in the comments are those of the protocol reference.
"""

from cloudfs.providers.asus.provider import OmniStorProvider, WebStorageProvider
from cloudfs.providers.asus.settings import OmniStorSettings, WebStorageSettings

__all__ = ["OmniStorProvider", "OmniStorSettings", "WebStorageProvider", "WebStorageSettings"]
