"""PodSpace: the file storage of the POD platform, where everything has a hash and no path.

A request runs down this row::

    provider, and a facet a module     our verbs and facets
    moving, copying, removing,         what takes several requests, or a look before or after
    uploads, resumable, downloads
    api, account                       one request each: the service's calls
    connection                         a call with credentials, and errors
    auth, endpoints, refusals          sign-in, addresses, what a refusal means

`wire` and `answers` turn replies into dataclasses, `values` checks the plain values in them,
`places` turns those into our entries. Sections named in the comments are those of the protocol
reference.
"""

from cloudfs.providers.podspace.otp import sign_in_with_code
from cloudfs.providers.podspace.provider import PodspaceProvider
from cloudfs.providers.podspace.settings import PodspaceSettings

__all__ = ["PodspaceProvider", "PodspaceSettings", "sign_in_with_code"]
