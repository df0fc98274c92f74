"""status: how mounts are."""

import argparse
import json
import time
from typing import Any

from cloudfs.cli.output import size, space
from cloudfs.cli.targets import state_of
from cloudfs.control import ask
from cloudfs.errors import ConfigError
from cloudfs.mounting.folders import holders


def status(arguments: argparse.Namespace) -> None:
    """Tell how one mount is, or all of them."""
    if arguments.mountpoint is not None:
        reports = [_report(state_of(arguments.mountpoint))]
    else:
        reports = []
        for holder in holders():
            try:
                reports.append(_report(holder.state))
            except ConfigError as error:
                reports.append(
                    {"remote": holder.remote, "mountpoint": holder.mountpoint, "error": str(error)}
                )
    if arguments.json:
        shown: Any = reports[0] if arguments.mountpoint is not None else {"mounts": reports}
        print(json.dumps(shown, indent=2))
        return
    if not reports:
        print("nothing is mounted; `cloudfs remotes` lists what could be")
    for report in reports:
        print("\n".join(lines(report)))


def lines(report: dict[str, Any]) -> list[str]:
    """A report for people."""
    if "error" in report:
        return [f"{report['remote']}: at {report['mountpoint']}: {report['error']}"]
    online = {True: "online", False: "offline", None: "not asked yet"}[report["online"]]
    shown = [f"{report['remote']}: ({report['type']}) at {report['mountpoint']}, {online}"]
    if not report["waiting"] and not report["refused"]:
        shown.append("  everything is on the service")
    if report["waiting"]:
        shown.append(f"  {report['waiting']} changes on their way")
    shown += [
        f"    {upload['path']}: {size(upload['sent'])} of {size(upload['size'])}"
        for upload in report["uploads"]
    ]
    shown += [
        f"    {pending['path']}: {pending['reason']}"
        for pending in report["pending"][:10]
        if "reason" in pending
    ]
    for failed in report["failed"]:
        shown.append(f"  refused: {failed['path']} ({failed['change']}): {failed['reason']}")
    if report["failed"]:
        shown.append(
            "  change what is in the way and `cloudfs retry`, or save them with "
            "`cloudfs export-pending`, or give them up with `cloudfs discard`"
        )
    for conflict in report["conflicts"]:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(conflict["at"]))
        shown.append(f"  conflict: {conflict['path']}: the other side is {conflict['copy']} ({at})")
    pinned = report["pinned"]
    if pinned["files"] or pinned["trouble"]:
        missing = f", {pinned['missing']} of them to be fetched" if pinned["missing"] else ""
        shown.append(f"  pinned: {pinned['files']} files, {size(pinned['bytes'])}{missing}")
    if pinned["trouble"]:
        shown.append(f"    {pinned['trouble']}")
    traffic = report["traffic"]
    quota = report["quota"]
    shown.append(
        f"  cache {size(report['cache']['bytes'])}; quota {space(quota['used'])} used of "
        f"{space(quota['total'])}; {sum(traffic['requests'].values())} requests, "
        f"{size(traffic['bytes_down'])} down, {size(traffic['bytes_up'])} up"
    )
    return shown


def _report(state: Any) -> dict[str, Any]:
    (answer,) = ask(state, "status")
    if error := answer.get("error"):
        raise ConfigError(str(error))
    return {name: value for name, value in answer.items() if name != "done"}
