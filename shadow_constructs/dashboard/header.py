"""The top of the dashboard: what is compared, and the states of the alarms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shadow_constructs.dashboard import links
from shadow_constructs.dashboard.limits import MAX_ALARMS_PER_WIDGET
from shadow_constructs.dashboard.questions.question import Row, Subject
from shadow_constructs.dashboard.widgets import Widget, alarms, text
from shadow_constructs.values.variant import Variant

_HEIGHT = 6


def rows(
    subject: Subject, alarm_arns: Sequence[str], captured_uri: str | None, endpoint_config_name: str | None
) -> Iterator[Row]:
    """What is compared and, beside it, the alarms."""
    width = 12 if alarm_arns else 24
    first, *more = _alarms(alarm_arns) or [None]
    header = text(_markdown(subject, captured_uri, endpoint_config_name), _HEIGHT, width)
    yield [header] if first is None else [header, first]
    if more:
        yield [one for one in more if one is not None]


def _alarms(arns: Sequence[str]) -> list[Widget | None]:
    parts = [arns[first : first + MAX_ALARMS_PER_WIDGET] for first in range(0, len(arns), MAX_ALARMS_PER_WIDGET)]
    title = "Alarms, the worst first"
    return [alarms(part, title, 12, _HEIGHT) for part in parts]


def _markdown(subject: Subject, captured_uri: str | None, endpoint_config_name: str | None) -> str:
    test, here = subject.test, (subject.canvas.console, subject.canvas.region)
    shadow = test.shadow
    title = f"# {test.endpoint_name}: " + ("no shadow test" if shadow is None else "shadow test")
    lines = [title, "", "| variant | model | container | runs on |", "|---|---|---|---|"]
    lines += [_variant_row(one) for one in test.variants]
    lines.append("")
    if shadow is not None:
        share = f"**{test.sampled_percent:g} %** of the requests"
        lines += [f"{share} are copied to **{shadow.name}**; its answers reach nobody.", ""]
    since = f"`shadow-test status {test.endpoint_name}` says since when."
    if endpoint_config_name is not None:
        config = f"[endpoint config]({links.endpoint_config(*here, endpoint_config_name)})"
        since = f"This has been so since this {config} came into service: {since}"
    lines += [since, ""]
    places = [
        f"[Endpoint]({links.endpoint(*here, test.endpoint_name)})",
        f"[Logs]({links.logs(*here, test.endpoint_name)})",
    ]
    if captured_uri is not None:
        places.append(f"[Captured data]({links.s3_folder(*here, captured_uri)})")
    return "\n".join([*lines, " · ".join(places)])


def _variant_row(variant: Variant) -> str:
    model = variant.model
    if model.container is not None:
        container = model.container.named
    elif model.package is not None:
        container = model.package.image
    else:
        container = f"model {model.model_name}"
    cells = [f"**{variant.name}**", model.version, f"`{container}`", variant.hardware.label]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
