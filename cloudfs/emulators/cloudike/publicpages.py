"""Public links as a browser opens them: ``/public/HASH/`` (reference 3.17)."""

from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.downloads import content_url
from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.cloudike.links import opened

routes = CloudikeRoutes()


@routes.on("GET", "public/<hash>/<path>", label="public")
def _public(call: Call) -> Response:
    link, view = opened(call)
    place = view.need(call.rest)
    if link.upload:
        raise ApiError(403, description="this link is for uploads")
    if place.is_file:
        call.store.links.count_use(link)
        version = call.store.contents.current(place.node)
        return RedirectResponse(content_url(call, place.node, version, for_view=True), 302)
    here = f"/public/{link.key}{place.path.rstrip('/')}"
    items = "".join(
        f'<li><a href="{quote(f"{here}/{child.name}")}">{escape(child.name)}</a></li>'
        for child in view.children(place)
    )
    return HTMLResponse(f"<!DOCTYPE html><title>{escape(place.node.name)}</title><ul>{items}</ul>")
