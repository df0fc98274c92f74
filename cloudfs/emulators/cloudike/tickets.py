"""What an upload needs at the object store: a signed URL, or a form whose fields are signed.

The form is S3's of 2015 (reference 3.6.1): a policy names every field and its value, and
the signature covers the policy, hence all of them.
"""

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloudike.settings import UploadMode
from cloudfs.emulators.signing import BadSignature, Expired, Signer
from cloudfs.emulators.store.uploads import Upload

if TYPE_CHECKING:
    from cloudfs.emulators.cloudike.emulator import CloudikeEmulator

CONTENT_TYPE = "application/octet-stream"
PART = "partNumber"
_FORM = "form"  # what the signature is for


def simple_ticket(emulator: "CloudikeEmulator", request: Request, upload: Upload) -> dict[str, Any]:
    """The ticket for content that is sent in one piece."""
    if emulator.settings.upload_mode == UploadMode.PUT:
        return put_ticket(emulator, request, upload, None)
    fields = _signed_fields(emulator.signer, upload)
    headers = {"Content-Type": fields.pop("Content-Type")}
    return _ticket(emulator, f"{emulator.store_base(request)}/", "POST", fields, headers)


def put_ticket(
    emulator: "CloudikeEmulator", request: Request, upload: Upload, part: int | None
) -> dict[str, Any]:
    """The ticket for one part of an upload, or for all of it."""
    url = emulator.signer.url(
        emulator.store_base(request),
        "PUT",
        f"/{upload.name}",
        ttl=emulator.settings.form_ttl,
        params=None if part is None else {PART: str(part)},
    )
    return _ticket(emulator, url, "PUT", [], {"Content-Type": CONTENT_TYPE})


def _ticket(
    emulator: "CloudikeEmulator", url: str, method: str, fields: Any, headers: dict[str, str]
) -> dict[str, Any]:
    ticket = {"url": url, "parameters": fields, "headers": headers}
    return {**ticket, "method": method} if emulator.settings.ticket_method else ticket


def _signed_fields(signer: Signer, upload: Upload) -> dict[str, str]:
    fields = {
        "key": upload.name,
        "AWSAccessKeyId": "EMULATOR",
        "success_action_status": "201",
        "x-amz-storage-class": "STANDARD",
        "Filename": f"__temp_{upload.expires}__.tmp",
        "Content-Type": CONTENT_TYPE,
    }
    expiration = datetime.fromtimestamp(upload.expires / 1000, UTC).isoformat()
    policy = base64.b64encode(
        json.dumps({"expiration": expiration, "conditions": fields}).encode()
    ).decode()
    return {**fields, "policy": policy, "signature": signer.seal(_FORM, policy)}


def check_form(signer: Signer, clock: Clock, fields: dict[str, str]) -> str:
    """The name of the upload that a form is for. Raises BadSignature or Expired."""
    policy = fields.get("policy", "")
    signer.check_seal(fields.get("signature", ""), _FORM, policy)
    content = json.loads(base64.b64decode(policy))
    given = {k: v for k, v in fields.items() if k not in {"policy", "signature"}}
    if given != content["conditions"]:
        raise BadSignature("the fields are not those that were signed")
    if clock.now() >= datetime.fromisoformat(content["expiration"]).timestamp():
        raise Expired("the time of this form is over")
    return given["key"]
