"""Which gateway an account is at (reference 2.2, 2.3), and codes of shares (3.19)."""

from dataclasses import replace

from cloudfs.emulators.asus import sharing
from cloudfs.emulators.asus.call import PORTAL, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.passwords import md5_form
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.settings import Profile

routes = AsusRoutes()


@serve(routes, "member/requestservicegateway", label="discovery", needs=PORTAL)
def _request_service_gateway(call: Call) -> Answer:
    login, password = call.fields.need("userid"), call.fields.text("password")
    if password is None and call.settings.profile == Profile.WEBSTORAGE:
        raise malformed("password")
    if call.fields.need("service") != "1":
        raise malformed("service")
    account = call.emulator.account_of(login)
    if account is None or (password and password.lower() != md5_form(account.password)):
        raise Refusal(Status.AUTHENTICATION, "wrong user or password")
    return [leaf("servicegateway", call.host), leaf("time", call.emulator.clock.now_ms())]


@serve(
    routes,
    "member/acquireservicegateway",
    label="discovery",
    needs=replace(PORTAL, signed=True, unreadable=Status.ILLEGAL_STATE),
)
def _acquire_service_gateway(call: Call) -> Answer:
    area = call.fields.text("areaid")
    if area is None:
        raise Refusal(Status.ILLEGAL_STATE, "areaid is missing")
    if area != str(call.settings.area_id):
        raise Refusal(Status.NO_GATEWAY, "there is no gateway for this area")
    return [leaf("servicegateway", call.host)]


@serve(routes, "sharecode/findservicegateway", label="discovery", needs=PORTAL)
def _find_service_gateway(call: Call) -> Answer:
    _need_code(call, call.fields.need("sharecode"))
    return [leaf("servicegateway", call.host)]


@serve(routes, "sharecode/tocompactform", label="sharecode", needs=PORTAL)
def _to_compact_form(call: Call) -> Answer:
    compact = sharing.compact_code(call.store, call.fields.need("sharecode"))
    return [leaf("compactsharecode", _known(compact))]


@serve(routes, "sharecode/tonormalform", label="sharecode", needs=PORTAL)
def _to_normal_form(call: Call) -> Answer:
    code = _known(sharing.long_code(call.store, call.fields.need("compactsharecode")))
    return [leaf("servicearea", call.settings.area_id), leaf("sharecode", code)]


def _need_code(call: Call, code: str) -> None:
    _known(sharing.compact_code(call.store, code))


def _known(code: str | None) -> str:
    if code is None:
        raise Refusal(Status.NO_SHARECODE, "there is no such code")
    return code
