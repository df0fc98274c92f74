"""Many requests in one (reference 3.12)."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cloudfs.emulators.connections import Message
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import NoRoute, WrongMethod, split

routes = PodSpaceRoutes()

MOST = 50


@routes.on("POST", "batch", key="batch", label="batch")
async def _batch(call: Call) -> Response:
    operations = _operations(await call.request.body())
    results = []
    for operation in operations:
        answer = await _answer(call, operation)
        results.append(
            {
                "payload": operation.get("payload"),
                "status": answer.status_code,
                "body": bytes(answer.body).decode(),
            }
        )
    return JSONResponse({"results": results})


def _operations(body: bytes) -> list[dict[str, Any]]:
    try:
        operations = json.loads(body)["operations"]
    except (ValueError, TypeError, KeyError) as error:
        raise ApiError(Code.INVALID_REQUEST, "there are no operations") from error
    if not isinstance(operations, list) or len(operations) > MOST:
        raise ApiError(Code.INVALID_REQUEST, f"a batch has at most {MOST} operations")
    if not all(isinstance(operation, dict) for operation in operations):
        raise ApiError(Code.INVALID_REQUEST, "an operation is an object")
    return operations


async def _answer(call: Call, operation: dict[str, Any]) -> Response:
    """The answer to one operation, as if it had come alone."""
    emulator = call.emulator
    try:
        request = _request(call, operation)
    except (LookupError, TypeError, ValueError, AttributeError):
        return emulator.answers.refusal(None, ApiError(Code.INVALID_REQUEST, "not a request"))
    raw_path = request.scope["raw_path"].decode("ascii")
    try:
        match = emulator.match(Origin.API, request.method, split(raw_path))
    except NoRoute:
        return emulator.answers.status(request, 404, None)
    except WrongMethod:
        return emulator.answers.status(request, 405, None)
    refusal = emulator.answers.refusal(request, ApiError(Code.INVALID_REQUEST, "not in a batch"))
    if match.route.key == "batch":
        return refusal
    answer = await emulator.answer(Origin.API, request, match)
    return answer if isinstance(answer, JSONResponse) else refusal


def _request(call: Call, operation: dict[str, Any]) -> Request:
    url = urlsplit(operation["url"])
    query = [text for text in (url.query, _query(operation.get("params") or {})) if text]
    headers = {**call.request.headers, **_lower(operation.get("headers") or {})}
    headers = {name: headers[name] for name in ("authorization", "host") if name in headers}
    path = f"{call.emulator.base_path}/{url.path.lstrip('/')}"
    scope = {
        **call.request.scope,
        "method": str(operation["method"]).upper(),
        "path": "/" + "/".join(split(path)),
        "raw_path": path.encode("ascii"),
        "query_string": "&".join(query).encode("ascii"),
        "headers": Headers(headers).raw,
    }
    return Request(scope, _no_body)


def _lower(headers: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}


def _query(params: dict[str, Any]) -> str:
    texts = {name: _text(value) for name, value in params.items() if value is not None}
    return urlencode(texts)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
