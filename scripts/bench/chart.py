"""The chart for the README: how long each takes, in times of what rclone takes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

BASE = "rclone"
COLOURS = {"cloudfs": "#1f6feb", "rclone, tuned": "#d29922", "s3fs": "#8250df"}
LEAST_SHOWN = 1 / 1000


def draw(path: Path, results: Mapping[str, Any]) -> None:
    """Write the chart as PNG, if the base took part.

    Raises ImportError without matplotlib (extra "bench").
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - only charts need the extra

    bars = list(_bars(results))
    if not bars:
        return
    names = [name for name in COLOURS if any(name in ratios for _, ratios in bars)]
    figure = Figure(figsize=(8.6, 1.3 + 0.36 * len(bars)), layout="tight")
    axes = figure.subplots()
    height = 0.8 / max(1, len(names))
    for number, name in enumerate(names):
        places = [row + (number - (len(names) - 1) / 2) * height for row in range(len(bars))]
        for place, (_, ratios) in zip(places, bars, strict=True):
            if (ratio := ratios.get(name)) is None:
                continue
            shown = max(ratio, LEAST_SHOWN)
            # Bars begin at rclone's time and go to the left where less time is needed.
            axes.barh(place, shown - 1, height * 0.92, left=1, color=COLOURS[name])
            left = shown < 1
            axes.annotate(
                _times(ratio), (shown, place), (-3 if left else 3, 0),
                textcoords="offset points", va="center", ha="right" if left else "left",
                fontsize=6.5, color="#444444",
            )  # fmt: skip
        axes.barh(0, 0, color=COLOURS[name], label=name)
    axes.set_xscale("log")
    every = [max(ratio, LEAST_SHOWN) for _, ratios in bars for ratio in ratios.values()]
    axes.set_xlim(min([0.1, *every]) / 2.2, max([4.0, *every]) * 1.8)
    axes.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=8)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.axvline(1, color="#24292f", linewidth=1)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(visible=True, axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        f"Seconds, in times of what rclone mount --vfs-cache-mode full takes; left is faster\n"
        f"{results['server']}, {results['rtt'] * 1000:.0f} ms round trip, "
        f"{results['bandwidth'] * 8 / 1e9:g} Gbit/s",
        fontsize=8.5, loc="right",
    )  # fmt: skip
    axes.legend(loc="lower right", fontsize=8, frameon=True)
    figure.savefig(path, dpi=160)


def _bars(results: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Rows of the chart: a workload's name, and the times of each in times of the base's."""
    for name, workload in results["workloads"].items():
        medians = {who: found["median"] for who, found in workload["contestants"].items()}
        clocks = ["seconds", *(["on_server"] if workload["writes"] else [])]
        for clock in clocks:
            base = medians.get(BASE, {}).get(clock)
            if not base:
                continue
            ratios = {
                who: median[clock] / base
                for who, median in medians.items()
                if who != BASE and median.get(clock) is not None
            }
            yield (f"{name}: on the server" if clock == "on_server" else name), ratios


def _times(ratio: float) -> str:
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2g}x"
