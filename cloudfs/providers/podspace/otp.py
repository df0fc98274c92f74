"""Sign-in with a code that the service sends to a telephone (reference 2.2)."""

import platform
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import trio

from cloudfs.errors import BadReply, CloudError, LoginFailed
from cloudfs.http.client import Http
from cloudfs.http.retry import Repeat
from cloudfs.model import NOTHING
from cloudfs.providers.podspace import values, wire
from cloudfs.providers.podspace.endpoints import Endpoints, Query, encoded, spoken
from cloudfs.providers.podspace.refusals import check
from cloudfs.providers.podspace.settings import PodspaceSettings
from cloudfs.providers.podspace.tokens import tokens

MACHINE_ID = trio.Path("/etc/machine-id")
NAMESPACE = uuid.UUID("5b0f4c7e-91d3-4c55-9f0e-8f7f2f0a7b11")  # ours, so that ids tell nothing else


async def sign_in_with_code(
    http: Http,
    settings: PodspaceSettings,
    identity: str,
    ask: Callable[[str], Awaitable[str]],
) -> Mapping[str, str]:
    """The settings to store for the user with the telephone number *identity*.

    They are `token`, `refresh_token` if the service gives one, and `device_uid`. *ask* is given
    a question and returns what the person answers: the code. Raises LoginFailed if the service
    refuses it, a TransientError if it cannot be asked now.
    """
    device = settings.device_uid or await _device_uid()
    steps = _Steps(http, settings)
    answer = await steps.post("auth.otp.handshake", _about(device))
    told = values.optional_record(wire.result(answer)) or values.optional_record(answer)
    key = values.visible(told.get("keyId"))
    if key is None:
        raise BadReply("the service does not begin the sign-in: it gives no keyId")
    header = {"keyId": key}
    identity = identity.strip()
    try:
        await steps.post("auth.otp.authorize", {"identity": identity}, header)
        code = (await ask(f"Code that was sent to {identity}: ")).strip()
        answer = await steps.post("auth.otp.verify", {"identity": identity, "otp": code}, header)
    except CloudError as error:
        if error.transient or isinstance(error, BadReply):
            raise
        raise LoginFailed(f"the service does not accept the number or the code ({error})") from (
            error
        )
    given = tokens(answer)
    stored = {"token": given.access, "device_uid": device}
    if given.refresh is not None:
        stored["refresh_token"] = given.refresh
    return stored


class _Steps:
    """The calls of the sign-in."""

    def __init__(self, http: Http, settings: PodspaceSettings) -> None:
        http.trust(settings.url)
        self._http = http
        self._url = settings.url.rstrip("/")
        self._headers = spoken(settings.accept_language)
        self._endpoints = Endpoints(settings.endpoints)

    async def post(self, key: str, form: Query, credentials: Mapping[str, str] = NOTHING) -> Any:
        """The answer to a form. It is not repeated: each may send a message, or use up a code."""
        target = self._endpoints.target(key, {})
        reply = await self._http.request(
            target.method,
            self._url + target.path,
            label=f"podspace.{key}",
            repeat=Repeat.IF_REFUSED,
            headers={**self._headers, "Content-Type": "application/x-www-form-urlencoded"},
            credentials=credentials,
            body=encoded(form).encode(),
        )
        return check(reply, key)


def _about(device: str) -> Query:
    return {
        "deviceUID": device,
        "deviceName": "cloudfs",
        "deviceOs": platform.system(),
        "deviceOsVersion": platform.release(),
        "deviceType": "DESKTOP",
    }


async def _device_uid() -> str:
    """An id of this machine that stays the same, and from which its own cannot be told."""
    try:
        machine = (await MACHINE_ID.read_text()).strip()
    except (OSError, UnicodeDecodeError):
        machine = ""
    return str(uuid.uuid5(NAMESPACE, machine) if machine else uuid.uuid4())
