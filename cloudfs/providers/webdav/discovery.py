"""Finding out which server it is, and that the collection is there (reference 2)."""

from cloudfs.errors import BadReply, CloudError, ConfigError, InvalidRequest, NotFound, Unsupported
from cloudfs.http.origins import origin
from cloudfs.providers.webdav.api import Dav
from cloudfs.providers.webdav.nextcloud import PROBES, find_account, product_of
from cloudfs.providers.webdav.paths import Collection
from cloudfs.providers.webdav.server import SABRE, Server, keeps_times, offers_locks, recognised
from cloudfs.providers.webdav.statuses import refusal
from cloudfs.providers.webdav.wire import PROPERTIES, QUOTA, Resource


async def discover(dav: Dav, base: Collection, server: Server) -> None:
    """Learn what the server is.

    Raises LoginFailed, ConfigError if there is no collection at the url, TransientError if
    the server cannot be asked now; then what was learnt before still holds.
    """
    try:
        options = await dav.send("OPTIONS", base.url)
        if options.status in {401, 403}:
            raise refusal(options.status, "OPTIONS")
        root = await _root(dav, base, server)
    except NotFound as error:
        raise ConfigError(f"there is nothing at this url on {origin(base.url)}: {error}") from error
    except (BadReply, InvalidRequest, Unsupported) as error:
        raise ConfigError(f"the url is no WebDAV collection: {error}") from error
    if not root.collection:
        raise ConfigError("the url leads to a file: give the url of a collection")
    product = product_of(root)
    profile = SABRE if product else recognised(options.headers)
    before = server.found
    server.learn(
        profile=profile,
        locks=offers_locks(options.headers),
        quota=root.quota_used is not None or root.quota_available is not None,
        keeps_times=keeps_times(options.headers, profile)
        or (before.profile == profile and before.keeps_times),
        account=await find_account(dav, base, product) if product else None,
    )


async def _root(dav: Dav, base: Collection, server: Server) -> Resource:
    try:
        found = await dav.propfind(base.url, 0, PROPERTIES + QUOTA + PROBES)
        server.learn(allprop=False)
    except InvalidRequest:
        found = await dav.propfind(base.url, 0, ())
        server.learn(allprop=True)
    for resource in found:
        if resource.segments == base.segments and resource.status < 300:
            return resource
    raise _strange(found)


def _strange(found: list[Resource]) -> CloudError:
    statuses = [resource.status for resource in found if resource.status >= 300]
    if statuses:
        return refusal(statuses[0], "PROPFIND")
    return BadReply("the server tells of another collection than the one it was asked about")
