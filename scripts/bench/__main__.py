"""Measures a mounted drive side by side with others, behind a long line.

    scripts/bench [--server webdav|s3|cloudike] [--runs 5] [--quick] [--only TEXT]
                  [--contestants 'cloudfs;rclone'] [--rtt 0.04] [--bandwidth 125000000]
                  [--json FILE] [--chart FILE] [--markdown FILE]
    scripts/bench --from FILE [--chart FILE] [--markdown FILE]

docs/performance.md tells what is measured, and how to read it.
"""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import chart
import report
from contestants import CONTESTANTS, TunedRclone, contestants_for
from measuring import Bench
from servers import SERVERS
from workloads import workloads


def main() -> None:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if arguments.results:
        results = json.loads(arguments.results.read_text())
    else:
        results = _measured(arguments)
    print(report.heading(results), "", report.table(results), sep="\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.markdown:
        report.into_document(arguments.markdown, results)
    if arguments.chart:
        chart.draw(arguments.chart, results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--server", choices=SERVERS, default="webdav")
    parser.add_argument("--runs", type=int, help="of each workload; 5, or 1 with --quick")
    parser.add_argument(
        "--quick", action="store_true", help="five minutes: one run, less data, no tuned rclone"
    )
    parser.add_argument("--only", help="only workloads whose name contains this")
    parser.add_argument("--contestants", help=f"of {'; '.join(CONTESTANTS)}")
    parser.add_argument("--rtt", type=float, default=0.04, help="seconds")
    parser.add_argument("--bandwidth", type=float, default=125e6, help="bytes per second")
    parser.add_argument("--from", dest="results", type=Path, help="results of before, as JSON")
    parser.add_argument("--json", type=Path, help="write the results there")
    parser.add_argument("--chart", type=Path, help="write a chart there, as PNG")
    parser.add_argument("--markdown", type=Path, help="put the table into that document")
    return parser.parse_args()


def _measured(arguments: argparse.Namespace) -> dict[str, Any]:
    kinds = contestants_for(arguments.server)
    if arguments.quick and not arguments.contestants:
        kinds = [kind for kind in kinds if kind is not TunedRclone]
    if arguments.contestants:
        wanted = [name.strip() for name in arguments.contestants.split(";")]
        if unknown := set(wanted) - {kind.name for kind in kinds}:
            sys.exit(f"bench: {', '.join(unknown)}: not for {arguments.server}, or not installed")
        kinds = [kind for kind in kinds if kind.name in wanted]
    runs = arguments.runs or (1 if arguments.quick else 5)
    with tempfile.TemporaryDirectory(prefix="cloudfs-bench-") as folder:
        home = Path(folder)
        chosen = [
            workload
            for workload in workloads(home, quick=arguments.quick)
            if not arguments.only or arguments.only in workload.name
        ]
        bench = Bench(
            home,
            SERVERS[arguments.server],
            rtt=arguments.rtt,
            bandwidth=arguments.bandwidth,
            runs=runs,
        )
        try:
            for workload in chosen:
                bench.measure(workload, kinds)
        finally:
            bench.stop()
        return report.report(
            bench.results,
            chosen,
            kinds,
            server=arguments.server,
            rtt=arguments.rtt,
            bandwidth=arguments.bandwidth,
            runs=runs,
        )


if __name__ == "__main__":
    main()
