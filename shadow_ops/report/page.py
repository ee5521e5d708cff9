"""The page: one file that needs nothing from anywhere, readable on a telephone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from shadow_ops.report import contents, drawing
from shadow_ops.report.contents import Report


def page(report: Report, clean: Callable[[str], str]) -> str:
    """The report as HTML, its graphs as SVG; without scripts, fonts or pictures from anywhere.

    Args:
        report: What it says.
        clean: What text from outside goes through, before it is escaped.
    """

    def shown(value: object) -> object:
        return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True, lstrip_blocks=True
    )
    text = resources.files("shadow_ops").joinpath("data/report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        report=report, contents=contents, drawing=drawing, recording=report.recording, verdict=report.verdict
    )
