"""What a deployment does to an endpoint, told by the models and instances, not by what versions are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.history import Entry
from shadow_ops.contract.asked import Asked
from shadow_ops.guard.refusal import Refusal


@dataclass(frozen=True)
class Change:
    """What a deployment does.

    Attributes:
        kind: ``promotion``, ``rollback`` of one, or any other ``change``.
        from_model: SageMaker model of production now.
        to_model: SageMaker model that production shall serve; of several, the one that the kind is about.
        since: For a way back, the promotion that is taken back. None if the history has none of it.
    """

    kind: str
    from_model: str | None
    to_model: str | None
    since: Entry | None = None


def classify(asked: Asked, live: LiveEndpoint, requested: Config, history: Iterable[Entry]) -> Change:
    """Say what a deployment does.

    Every production variant counts, whatever it is called and however small its share: whoever names a variant in a
    request reaches it at any weight.

    Args:
        asked: The guard's properties.
        live: The endpoint now.
        requested: The config that shall serve, another than the one that does.
        history: What was promoted and taken back.

    Raises:
        Refusal: If a promotion is asked for without a test of that very model.
    """
    serving = next((one for one in live.production if one.name == asked.variant), live.production[0])
    production = next(
        (one for one in requested.production if one["VariantName"] == asked.variant), requested.production[0]
    )
    before, after = serving.model_name, production.get("ModelName")
    shadow = live.shadow
    if asked.promotion:
        if shadow is None:
            raise Refusal(
                f"no shadow test is running on {asked.endpoint}: it serves {_named(before)} alone; "
                f"start the test by deploying its ShadowTestStack, or deploy {asked.version} as production there"
            )
        if shadow.model_name != after:
            raise Refusal(
                f"what would be promoted isn't what is being tested on {asked.endpoint}: the shadow is "
                f"{_named(shadow.model_name)}, the promotion would serve {_named(after)}; first deploy the "
                f"ShadowTestStack that tests {asked.version} and let it run"
            )
        return Change("promotion", before, after)
    if _serves_the_candidate(live, requested):
        return Change("promotion", before, shadow.model_name if shadow is not None else after)
    answering = {one.model_name for one in live.production}
    replaced = replaced_by(history)
    by_version = replaced.get(asked.version)
    if by_version is not None and after != before:
        return Change("rollback", before, after, by_version)
    for one in requested.production:
        model = one.get("ModelName")
        if model is not None and model not in answering and model in replaced:
            return Change("rollback", before, model, replaced[model])
    return Change("change", before, after)


def _serves_the_candidate(live: LiveEndpoint, requested: Config) -> bool:
    """Whether users would be answered by what is only a shadow now: another model, or the same on other hardware."""
    shadow = live.shadow
    if shadow is None or shadow.model_name is None:
        return False
    asked_for = [one for one in requested.production if one.get("ModelName") == shadow.model_name]
    if shadow.model_name not in {one.model_name for one in live.production}:
        return bool(asked_for)
    if requested.shadow:
        return False
    # A test of hardware alone ends where production takes the shadow's instances over.
    types = {one.instance_type for one in live.production if one.model_name == shadow.model_name}
    return shadow.instance_type not in types and any(
        one.get("InstanceType") == shadow.instance_type for one in asked_for
    )


def replaced_by(history: Iterable[Entry]) -> dict[str, Entry]:
    """For every version and model that a promotion replaced and nothing brought back: the promotion."""
    replaced: dict[str, Entry] = {}
    for entry in history:
        if entry.undone is not None:
            continue
        if entry.kind == "promotion":
            replaced |= {name: entry for name in (entry.from_version, entry.from_model) if name is not None}
        for name in (entry.to_version, entry.to_model):
            replaced.pop(name or "", None)
    return replaced


def _named(model: str | None) -> str:
    return "a variant without a model" if model is None else f"the model {model}"
