"""The results as plain values (which is also the JSON file), as a table, and inside a document."""

import os
import platform
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contestants import Contestant
from data import MIB
from measuring import Run
from minimum import COSTS
from workloads import Workload

LEAST = "the least"
HEADER = (
    *("workload", "contestant", "seconds", "on the server", "requests"),
    *("MiB down", "MiB up", "MiB wasted", "CPU s", "peak MiB"),
)


def report(
    results: Mapping[str, Mapping[str, Sequence[Run]]],
    workloads: Iterable[Workload],
    contestants: Iterable[type[Contestant]],
    *,
    server: str,
    rtt: float,
    bandwidth: float,
    runs: int,
) -> dict[str, Any]:
    """All there is to tell of a session."""
    measured = [workload for workload in workloads if workload.name in results]
    costs = COSTS[server]
    return {
        "server": server,
        "rtt": rtt,
        "bandwidth": bandwidth,
        "runs": runs,
        "when": time.strftime("%Y-%m-%d"),
        "machine": {
            "cpus": os.cpu_count(),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "page cache dropped": os.geteuid() == 0,
        },
        "versions": {kind.name: kind.version() for kind in contestants},
        "workloads": {
            workload.name: {
                "writes": workload.writes,
                "least": {
                    "requests": workload.least.requests(costs),
                    "seconds": workload.least.seconds(costs, rtt, bandwidth),
                },
                "contestants": {
                    name: {"median": _median(done, workload), "runs": [asdict(r) for r in done]}
                    for name, done in results[workload.name].items()
                },
            }
            for workload in measured
        },
    }


def _median(runs: Sequence[Run], workload: Workload) -> dict[str, Any]:
    """The middle run; times, CPU and memory are medians of their own."""
    good = sorted((run for run in runs if run.failed is None), key=lambda run: run.seconds)
    if 2 * len(good) <= len(runs):  # mostly it fails
        return {"failed": next(run.failed for run in runs if run.failed is not None)}
    middle = good[len(good) // 2]
    there = [run.on_server for run in good if run.on_server is not None]
    return {
        "seconds": statistics.median(run.seconds for run in good),
        "on_server": statistics.median(there) if there else None,
        "requests": middle.requests,
        "down": middle.down,
        "up": middle.up,
        "wasted": None if workload.reads is None else max(0, middle.down - workload.reads),
        "cpu": statistics.median(run.cpu for run in good),
        "memory": statistics.median(run.memory for run in good),
    }


def table(results: Mapping[str, Any]) -> str:
    """A table in Markdown: for each workload the least it can cost, and what each made of it."""
    lines = [_row(HEADER), _row(["---"] * 2 + ["--:"] * (len(HEADER) - 2))]
    for name, workload in results["workloads"].items():
        lines += [_row(cells) for cells in _of_workload(name, workload)]
    return "\n".join(lines)


def _of_workload(name: str, workload: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    least = workload["least"]
    seconds, count = f"{least['seconds']:.2f}", str(least["requests"])
    times = ("0", seconds) if workload["writes"] else (seconds, "")
    yield (f"**{name}**", LEAST, *times, count, "", "", "", "", "")
    for contestant, found in workload["contestants"].items():
        median = found["median"]
        if "failed" in median:
            yield ("", contestant, "failed", *[""] * 7)
            continue
        kinds = ", ".join(f"{count} {kind}" for kind, count in median["requests"].items())
        there = median["on_server"]
        yield (
            "",
            contestant,
            f"{median['seconds']:.2f}",
            "" if there is None else f"{there:.2f}",
            kinds or "0",
            f"{median['down'] / MIB:.1f}",
            f"{median['up'] / MIB:.1f}",
            "" if median["wasted"] is None else f"{median['wasted'] / MIB:.1f}",
            f"{median['cpu']:.2f}",
            f"{median['memory'] / MIB:.0f}",
        )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def heading(results: Mapping[str, Any]) -> str:
    """Where and with what it was measured."""
    machine = results["machine"]
    loads = [
        run["load"]
        for workload in results["workloads"].values()
        for contestant in workload["contestants"].values()
        for run in contestant["runs"]
    ]
    cache = "" if machine["page cache dropped"] else "; the page cache could not be dropped"
    versions = "; ".join(
        text if text.startswith(name) else f"{name}: {text}"
        for name, text in results["versions"].items()
        if not name.endswith(", tuned")
    )
    return (
        f"{results['when']}, server `{results['server']}`, {results['rtt'] * 1000:.0f} ms, "
        f"{results['bandwidth'] * 8 / 1e9:g} Gbit/s, median of {results['runs']}; "
        f"{machine['cpus']} cores, {machine['system']}, Python {machine['python']}, load average "
        f"{min(loads, default=0):.1f} to {max(loads, default=0):.1f}{cache}. {versions}."
    )


def into_document(path: Path, results: Mapping[str, Any]) -> None:
    """Put the table between the marks of its server. Raises ValueError if they are not there."""
    begin, end = f"<!-- bench {results['server']} -->", "<!-- end of bench -->"
    text = path.read_text()
    before, mark, rest = text.partition(begin)
    _, closing, after = rest.partition(end)
    if not mark or not closing:
        raise ValueError(f"{path} has no line {begin} with {end} after it")
    path.write_text(f"{before}{begin}\n{heading(results)}\n\n{table(results)}\n{end}{after}")
