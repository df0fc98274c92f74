"""The whole tree in one file (reference 3.16.4)."""

import json
import secrets
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import trio
from starlette.responses import Response

from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import describe_all
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.places import View
from cloudfs.emulators.cloudike.tasks import KEPT_MS, progress
from cloudfs.emulators.streaming import StreamResponse

if TYPE_CHECKING:
    from cloudfs.emulators.cloudike.emulator import CloudikeEmulator

routes = CloudikeRoutes()

LISTING = "listing"  # kind of record
AT_ONCE = 500


@routes.on("GET", "metadata_full_listing", label="full-listing")
def _full_listing(call: Call) -> Response:
    wanted = call.params.text("listing_request_id")
    now = call.emulator.clock.now_ms()
    if wanted is None:
        wanted = secrets.token_hex(4)
        due = now + round(call.emulator.settings.task_delay * 1000)
        data = {"begun": now, "base": call.base}
        call.store.records.put(LISTING, wanted, call.user.id, data, due=due, expires=due + KEPT_MS)
        return reply({"listing_request_id": wanted})
    listing = call.store.records.get(LISTING, wanted)
    if listing is None or listing.account != call.user.id:
        raise ApiError(404, description="there is no such listing")
    assert listing.due is not None
    if now < listing.due:
        return reply({"progress": progress(call, listing)}, 404)
    url = call.emulator.signer.url(
        call.emulator.store_base(call.request),
        "GET",
        f"/listing/{wanted}",
        ttl=call.emulator.settings.link_ttl,
        params=None,
    )
    return reply({"url": url})


def content(emulator: "CloudikeEmulator", listing_id: str) -> Response | None:
    """The file of a listing, made as it is sent; None if there is no such listing."""
    listing = emulator.store.records.get(LISTING, listing_id)
    if listing is None:
        return None
    view = emulator.view(listing.account, listing.data["base"])
    return StreamResponse(_pieces(view), headers={"Content-Type": "application/json"})


async def _pieces(view: View) -> AsyncGenerator[bytes]:
    with view.store.transaction():
        places = view.walk(view.root())[1:]
    before = b"["
    for start in range(0, len(places), AT_ONCE):
        with view.store.transaction():
            described = describe_all(view, places[start : start + AT_ONCE], extra=False)
        for found in described:
            yield before + json.dumps(found).encode()
            before = b",\n"
        await trio.lowlevel.checkpoint()
    yield b"]" if places else b"[]"
