"""Figures over time as lines of SVG: as small as a word, or a plot of several."""

from __future__ import annotations

import io
import itertools
import logging
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

COLOURS = ("#2f6db3", "#d9822b", "#3a8f4c", "#b3261e", "#7b57a6", "#8a5a44", "#c55a9c", "#6b7280")
LINE = (64, 16)
"""Width and height in pixels of the line beside a figure."""


def small_line(values: Sequence[float | None], is_share: bool) -> Markup:
    """A line over releases as small as a word: of shares in percent, or of counts; nothing where no value is known."""
    known = [v for v in values if v is not None]
    if not known:
        return Markup("")
    width, height = LINE
    low, high = min(known), max(known)
    span = max(high - low, 1.0 if is_share else max(high * 0.1, 1.0))
    step = (width - 6) / max(1, len(values) - 1)
    middle = (low + high) / 2
    points = [(3 + place * step, (height - (height - 6) * 2 * (v - middle) / span) / 2) for place, v in enumerate(values) if v is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        f'<svg class="line" width="{width}" height="{height}" aria-hidden="true"><polyline points="{path}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2"/></svg>'
    )


def plot(lines: Sequence[Sequence[float | None]], days: Sequence[date], is_share: bool, salt: str) -> str:
    """Lines over days as SVG, in the order of ``COLOURS``: shares in percent, or counts. The same lines and ``salt`` give the same text."""
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    # Text stays text in the SVG: the reader's browser has the Chinese font, the machine that draws need not.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.family": "sans-serif"}):
        figure = Figure(figsize=(6.4, 2.5))
        axes = figure.subplots()
        for line, colour in zip(lines, itertools.cycle(COLOURS)):
            axes.plot(range(len(days)), [float("nan") if v is None else v for v in line], marker="o", markersize=4, color=colour)
        step = max(1, len(days) // 8)
        axes.set_xticks(range(0, len(days), step), [f"{day:%m-%d}" for day in days[::step]])
        if not is_share:
            axes.set_ylim(0, max(5.0, 1.1 * max((v or 0.0 for line in lines for v in line), default=0.0)))
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", color="#e6eaef")
        axes.spines[["top", "right"]].set_visible(False)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", bbox_inches="tight", metadata={"Date": None})
    svg = drawn.getvalue()
    return svg[svg.index("<svg") :]
