"""Trio inside Hypothesis: pytest-trio cannot run an async test once per example."""

from collections.abc import Awaitable, Callable

import trio


def run(play: Callable[[], Awaitable[None]]) -> None:
    trio.run(play)
