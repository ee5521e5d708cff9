"""What SageMaker refuses of a managed shadow test. Texts are invented; sources are in the README's table."""

from __future__ import annotations

import datetime
import re
from typing import Any

from local_aws.errors import ServiceError, validation
from local_aws.loose import Json
from local_aws.sagemaker.records import Experiment

HOUR = 3600.0
_LONGEST = 30 * 24 * HOUR
_USUAL = 7 * 24 * HOUR
# What every Java takes for an instant: the handler reads it by the SDK's DateUtils.parseIso8601Date.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def conflict(message: str) -> ServiceError:
    """Return the error for a call that the experiment's status doesn't allow."""
    return ServiceError("ConflictException", message)


def moment(value: Json) -> float:
    """Return seconds since 1970 of a time in the API's form or, from a template, in ISO 8601.

    Raises:
        ServiceError: If a template's isn't in UTC, to the second at least.
    """
    if isinstance(value, str):
        if not _TIME.fullmatch(value):
            raise validation(f"Text '{value}' could not be parsed at index 0")
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    return float(value)


def span(schedule: dict[str, Any], now: float) -> tuple[float, float]:
    """Return start and end of a schedule: at once where no start is given, for seven days where no end is.

    Raises:
        ServiceError: If it is shorter than an hour or longer than thirty days.
    """
    start = max(now, moment(schedule["StartTime"])) if "StartTime" in schedule else now
    end = moment(schedule["EndTime"]) if "EndTime" in schedule else start + _USUAL
    check_span(start, end)
    return start, end


def check_span(start: float, end: float) -> None:
    """Refuse a test that is too short or too long (API Schedule: one hour to thirty days).

    Raises:
        ServiceError: If it is.
    """
    # Within a second: times in a request have no fractions.
    if not HOUR - 1 <= end - start <= _LONGEST + 1:
        raise validation(f"The duration must be between 1 hour and 30 days, got {(end - start) / HOUR:.2f} hours.")


def check_variants(request: dict[str, Any]) -> None:
    """Refuse variants that the shadow mode doesn't name.

    Raises:
        ServiceError: If names don't go together, or hardware is excluded.
    """
    named = [variant["VariantName"] for variant in request["ModelVariants"]]
    mode = request["ShadowModeConfig"]
    wanted = [mode["SourceModelVariantName"], mode["ShadowModelVariants"][0]["ShadowModelVariantName"]]
    if sorted(named) != sorted(set(wanted)) or len(set(wanted)) != len(wanted):
        raise validation(f"ModelVariants must be {' and '.join(wanted)}, got {', '.join(named)}.")
    for variant in request["ModelVariants"]:
        if variant["InfrastructureConfig"]["RealTimeInferenceConfig"]["InstanceType"].startswith("ml.inf1."):
            raise validation(f"Shadow tests do not support Inf1 instances (variant {variant['VariantName']}).")


def check_update(experiment: Experiment, request: dict[str, Any]) -> None:
    """Refuse an update that the status doesn't allow (API UpdateInferenceExperiment).

    Raises:
        ServiceError: If it is neither Created nor Running, or if, while it runs, more than description, end and share
            would change.
    """
    if experiment.status not in ("Created", "Running"):
        raise conflict(f"{experiment.name} is {experiment.status}; only a created or running one can be updated.")
    if experiment.status == "Created":
        return
    start = request.get("Schedule", {}).get("StartTime")
    if start is not None and abs(moment(start) - experiment.start) >= 1:
        raise validation("The start of a running experiment cannot be changed.")
    for member in ("ModelVariants", "DataStorageConfig"):
        if member in request and request[member] != experiment.request.get(member):
            raise validation(f"{member} of a running experiment cannot be changed.")
    mode = request.get("ShadowModeConfig")
    if mode and {**experiment.request, "ShadowModeConfig": mode} != experiment.request:
        names = (mode["SourceModelVariantName"], mode["ShadowModelVariants"][0]["ShadowModelVariantName"])
        if names != (experiment.production_name, experiment.shadow_name):
            raise validation("The variants of a running experiment cannot be changed.")


def check_stop(experiment: Experiment, request: dict[str, Any]) -> None:
    """Refuse a conclusion that leaves nothing, or nothing clear, in production.

    Raises:
        ServiceError: If it doesn't run, an action is for no variant of it, or actions and desired variants contradict
            each other.
    """
    if experiment.status != "Running":
        raise conflict(f"{experiment.name} is {experiment.status}; only a running experiment can be stopped.")
    actions = request["ModelVariantActions"]
    names = {experiment.production_name, experiment.shadow_name}
    if not set(actions) <= names:
        raise validation(f"ModelVariantActions are for {', '.join(sorted(names))}, got {', '.join(sorted(actions))}.")
    production, shadow = actions.get(experiment.production_name), actions.get(experiment.shadow_name)
    if production == "Promote" or (shadow == "Promote") != (production == "Remove"):
        raise validation("Production is removed where the shadow is promoted, and only there.")
    kept = {name for name in names if actions.get(name) not in ("Remove", None)}
    desired = {variant["VariantName"] for variant in request.get("DesiredModelVariants", [])}
    if desired and desired != kept:
        raise validation(f"DesiredModelVariants must be {', '.join(sorted(kept))}, got {', '.join(sorted(desired))}.")
