"""The control surface: an emulator told over HTTP what a test in its process would tell it.

All of it is JSON under ``/_emulator/`` on the API's origin (and below the API's base path, if
it has one), is not noted and never goes wrong on cue. It needs no sign-in, which is one reason
to listen on the loopback only::

    GET POST DELETE  faults            the rules in force; a new one; none any more
    DELETE           faults/ID         one less
    GET DELETE       requests          what was received (?route=KEY-OR-LABEL); forget it
    GET              counts            how many of each route
    GET POST         clock             {"now": S, "ahead": S}; {"advance": S}
    GET POST         settings          all; {"NAME": VALUE, ...}
    GET POST         accounts          logins; {"login", "password", "userid", "name", "quota"}
    DELETE           tokens            make all of them worthless
    GET              tree, bin         what an account holds (?login=...)
"""

import json
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cloudfs.emulators.faults import Rule
from cloudfs.emulators.routing import NoRoute, Routes, WrongMethod, split

if TYPE_CHECKING:
    from cloudfs.emulators.emulator import Emulator

PREFIX = "/_emulator/"

Handler = Callable[["Emulator", dict[str, Any]], Any]

_routes: Routes[Handler] = Routes()


async def answer(emulator: "Emulator", request: Request) -> Response:
    """The answer to a request below `PREFIX`."""
    path = request.scope["raw_path"].decode("ascii").removeprefix(emulator.base_path)
    segments = split(path)[1:]
    try:
        match = _routes.match(request.method, segments)
        given: dict[str, Any] = dict(request.query_params)
        if body := await request.body():
            given |= json.loads(body)
        found = match.route.handler(emulator, given | match.values)
    except NoRoute:
        return JSONResponse({"error": "there is no such thing here"}, 404)
    except WrongMethod:
        return JSONResponse({"error": "not by this method"}, 405)
    except (ValueError, TypeError, KeyError, sqlite3.IntegrityError) as error:
        return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
    return JSONResponse(found)


@_routes.on("GET", "faults", label="control")
def _list_faults(emulator: "Emulator", _: dict[str, Any]) -> Any:
    return [rule.as_json() for rule in emulator.faults.all()]


@_routes.on("POST", "faults", label="control")
def _add_fault(emulator: "Emulator", given: dict[str, Any]) -> Any:
    return emulator.faults.add(Rule.from_json(given)).as_json()


@_routes.on("DELETE", "faults", label="control")
def _clear_faults(emulator: "Emulator", _: dict[str, Any]) -> Any:
    emulator.faults.clear()


@_routes.on("DELETE", "faults/<id>", label="control")
def _remove_fault(emulator: "Emulator", given: dict[str, Any]) -> Any:
    return {"removed": emulator.faults.remove(int(given["<id>"]))}


@_routes.on("GET", "requests", label="control")
def _list_requests(emulator: "Emulator", given: dict[str, Any]) -> Any:
    return [received.as_json() for received in emulator.requests.all(given.get("route"))]


@_routes.on("DELETE", "requests", label="control")
def _clear_requests(emulator: "Emulator", _: dict[str, Any]) -> Any:
    emulator.requests.clear()


@_routes.on("GET", "counts", label="control")
def _counts(emulator: "Emulator", _: dict[str, Any]) -> Any:
    return emulator.requests.counts()


@_routes.on("GET POST", "clock", label="control")
def _clock(emulator: "Emulator", given: dict[str, Any]) -> Any:
    emulator.clock.advance(float(given.get("advance", 0)))
    return {"now": emulator.clock.now(), "ahead": emulator.clock.ahead}


@_routes.on("GET POST", "settings", label="control")
def _settings(emulator: "Emulator", given: dict[str, Any]) -> Any:
    emulator.configure(**given)
    return emulator.configuration()


@_routes.on("GET", "accounts", label="control")
def _list_accounts(emulator: "Emulator", _: dict[str, Any]) -> Any:
    return emulator.logins()


@_routes.on("POST", "accounts", label="control")
def _add_account(emulator: "Emulator", given: dict[str, Any]) -> Any:
    return {"userid": emulator.add_account(**given)}


@_routes.on("DELETE", "tokens", label="control")
def _revoke_tokens(emulator: "Emulator", _: dict[str, Any]) -> Any:
    emulator.revoke_tokens()


@_routes.on("GET", "tree", label="control")
def _tree(emulator: "Emulator", given: dict[str, Any]) -> Any:
    found = emulator.tree(given.get("login"))
    return {path: None if data is None else {"size": len(data)} for path, data in found.items()}


@_routes.on("GET", "bin", label="control")
def _bin(emulator: "Emulator", given: dict[str, Any]) -> Any:
    return [vars(item) for item in emulator.bin(given.get("login"))]
