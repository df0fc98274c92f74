"""Work that is done later (reference 3.19).

A task is done when its time has come and somebody asks for anything: nothing happens in an
emulator while nobody looks, so a test decides what happened before what.
"""

import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.errors import ApiError, reply
from cloudfs.emulators.cloudike.places import View
from cloudfs.emulators.store.records import Record

if TYPE_CHECKING:
    from cloudfs.emulators.cloudike.emulator import CloudikeEmulator

_log = logging.getLogger(__name__)

routes = CloudikeRoutes()

TASK = "task"  # kind of record
KEPT_MS = 24 * 3600 * 1000

Work = Callable[[View, dict[str, Any]], dict[str, Any]]

_works: dict[str, Work] = {}


def work(name: str) -> Callable[[Work], Work]:
    """Decorate what the tasks called *name* do; it runs inside a transaction."""

    def add(function: Work) -> Work:
        _works[name] = function
        return function

    return add


def begin(call: Call, name: str, details: dict[str, Any]) -> Response:
    """Let the work called *name* be done after a while; the answer names the task."""
    now = call.emulator.clock.now_ms()
    task_id = secrets.token_hex(16)
    delay = round(call.emulator.settings.task_delay * 1000)
    call.store.records.put(
        TASK,
        task_id,
        call.user.id,
        {"work": name, "details": details, "base": call.base, "begun": now},
        due=now + delay,
        expires=now + delay + KEPT_MS,
    )
    return reply({"taskid": task_id})


def do_due(emulator: "CloudikeEmulator") -> None:
    """Do all work whose time has come."""
    with emulator.store.transaction():
        for task in emulator.store.records.due(TASK):
            outcome = _do(emulator, task)
            emulator.store.records.put(
                TASK, task.key, task.account, {**task.data, **outcome}, expires=task.expires
            )


def _do(emulator: "CloudikeEmulator", task: Record) -> dict[str, Any]:
    view = emulator.view(task.account, task.data["base"])
    try:
        with emulator.store.transaction():
            return {"result": _works[task.data["work"]](view, task.data["details"])}
    except ApiError as refusal:
        return {"failure": [refusal.code, refusal.description]}
    except Exception:  # noqa: BLE001 - a bug is logged, and is the failure of this task only
        _log.exception("the task %s failed in the emulator", task.data["work"])
        return {"failure": ["InternalError", "see the log"]}


@routes.on("GET", "task/<taskid>", label="task")
def _task(call: Call) -> Response:
    task = call.store.records.get(TASK, call.values["<taskid>"])
    if task is None or task.account != call.user.id:
        raise ApiError(404, "TaskNotFound", "there is no such task")
    if task.due is not None:
        return reply({"progress": progress(call, task)}, 404)
    if "failure" in task.data:
        code, description = task.data["failure"]
        raise ApiError(400, "TaskFailed", f"{code}: {description}")
    return reply(task.data["result"])


def progress(call: Call, task: Record) -> int:
    """How far something is that is not done yet, in percent."""
    assert task.due is not None
    begun = int(task.data["begun"])
    passed = call.emulator.clock.now_ms() - begun
    return min(99, 100 * passed // max(1, task.due - begun))


def summary(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The result of work on several objects."""
    failed = sum(node["error_code"] is not None for node in nodes)
    return {"success": len(nodes) - failed, "failed": failed, "nodes": nodes}
