"""Who somebody is, how much space he has, and plans (reference 2.7 and 3.22)."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.changing import quota_of, usage_of
from cloudfs.emulators.podspace.describe import user
from cloudfs.emulators.podspace.errors import ApiError, Code

routes = PodSpaceRoutes()

GIB = 1 << 30
DAYS = 365
MINE = "PLAN000000000001"
PAYMENT = "https://example.invalid/pay"
UNLIMITED = (1 << 63) - 1

# What can be bought: hash, title, GiB, price.
_OTHERS = (("PLAN000000000002", "Silver", 100, 500_000), ("PLAN000000000003", "Gold", 1000, 0))


@routes.on("GET", "me", key="user.me", label="account")
def _me(call: Call) -> Any:
    return user(call.store, call.view.user)


@routes.on("GET", "me/status", key="quota", label="account")
def _status(call: Call) -> Any:
    return {
        "storageLimit": _limit(call),
        "storageUsage": usage_of(call.view, call.view.user),
        "bandwidthLimit": call.settings.bandwidth,
        "plan": _own_plan(call),
    }


@routes.on("GET", "plan", key="plan.mine", label="plans")
def _mine(call: Call) -> Any:
    return _own_plan(call)


@routes.on("GET", "plans", key="plan.list", label="plans")
def _list(call: Call) -> Any:
    own = _own_plan(call)
    mine = {name: own[name] for name in ("hash", "title", "description", "size")}
    others = [
        {
            "hash": hash_,
            "title": title,
            "description": "",
            "size": size * GIB,
            "days": DAYS,
            "price": price,
            "status": "CAN_BUY" if price else "CAN_NOT_BUY",
            "type": "PERSONAL",
        }
        for hash_, title, size, price in _OTHERS
    ]
    return [{**mine, "days": 0, "price": 0, "status": "ACTIVE", "type": "PERSONAL"}, *others]


@routes.on("GET", "plan/<hash>", key="plan.invoice", label="plans")
def _invoice(call: Call) -> Response:
    _need_plan(call)
    return RedirectResponse(PAYMENT, 302)


@routes.on("GET", "plan/<hash>/detail", key="plan.invoice", label="plans")
def _invoice_detail(call: Call) -> Any:
    _need_plan(call)
    return {"paymentLink": PAYMENT}


@routes.on("POST", "plan/validate", key="plan.invoice", label="plans")
def _validate(call: Call) -> Any:
    return bool(call.params.need("billNumber"))


def _need_plan(call: Call) -> None:
    if call.hash not in {MINE, *(hash_ for hash_, *_ in _OTHERS)}:
        raise ApiError(Code.INVALID_REQUEST, f"there is no plan {call.hash}")


def _limit(call: Call) -> int:
    quota = quota_of(call.view, call.view.user)
    return UNLIMITED if quota < 0 else quota


def _own_plan(call: Call) -> dict[str, Any]:
    return {
        "hash": MINE,
        "title": "Free",
        "description": "",
        "type": "PERSONAL",
        "size": _limit(call),
        "bandwidth": call.settings.bandwidth,
        "connections": 4,
        "versions": call.settings.version_limit,
    }
