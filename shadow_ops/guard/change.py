"""What a deployment does to an endpoint, told by the models and instances, not by what versions are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.history import Entry
from shadow_ops.contract.asked import Asked
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request

# A model, and the instances that it is on.
_What = tuple[str | None, str | None]


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

    def types(self, live: LiveEndpoint, requested: Config) -> tuple[str | None, str | None]:
        """The instance types that the one model leaves and the other comes to; what comes or goes counts first."""
        before, after = list(map(_what, live.config.production)), list(map(_what, requested.production))
        return _type(self.from_model, before, after), _type(self.to_model, after, before)


def classify(
    asked: Asked, live: LiveEndpoint, requested: Config, history: Sequence[Entry], measured: str | None = None
) -> Change:
    """Say what a deployment does.

    Every production variant counts, whatever it is called and however small its share: whoever names a variant in a
    request reaches it at any weight.

    Args:
        asked: The guard's properties.
        live: The endpoint now.
        requested: The config that shall serve, another than the one that does.
        history: What was promoted and taken back.
        measured: The model whose managed test is over, and was concluded with its promotion; None if there is none.

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
        if shadow is None and measured is not None and measured == after:
            return Change("promotion", before, after)
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
    if serves_the_candidate(live.config, requested):
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
    hardware, asked_for = set(map(_what, live.config.production)), list(map(_what, requested.production))
    for what in asked_for:
        if what not in hardware and what in replaced:
            return Change("rollback", what[0], what[0], replaced[what])
    wanted = {model for model, _ in asked_for}
    for entry in standing(history):
        # What was promoted beside what it was to replace is taken out again.
        if entry.to_model in answering - wanted and entry.from_model in answering & wanted:
            return Change("rollback", entry.to_model, entry.from_model)
        old, new = _hardware(entry)
        if entry.of_hardware and new in hardware.difference(asked_for) and old in hardware.intersection(asked_for):
            return Change("rollback", entry.to_model, entry.from_model)
    return Change("change", before, after)


def serves_the_candidate(serving: Config, requested: Config) -> bool:
    """Whether users would be answered by what is only a shadow now: another model, or the same on other hardware.

    Args:
        serving: The config that serves, or did.
        requested: The config that shall serve.
    """
    answering, asked_for = set(map(_what, serving.production)), set(map(_what, requested.production))
    for model, instance_type in map(_what, serving.shadow):
        if model is not None and model not in {name for name, _ in answering}:
            # A new model is new on any hardware.
            return model in {name for name, _ in asked_for}
        if (model, instance_type) in asked_for - answering:
            return True
    return False


def _what(variant: Mapping[str, Any]) -> _What:
    return variant.get("ModelName"), variant.get("InstanceType")


def _type(model: str | None, among: Sequence[_What], beside: Sequence[_What]) -> str | None:
    found = [one for one in among if one[0] == model]
    return next((one[1] for one in found if one not in beside), found[0][1] if found else None)


def _hardware(entry: Entry) -> tuple[_What, _What]:
    return (entry.from_model, entry.from_type), (entry.to_model, entry.to_type)


def refuse_other_models(request: Request, left: Config | None, requested: Config | None) -> None:
    """Refuse to bring another model to users by an endpoint of another name: of that one nothing is tested.

    Args:
        request: The request.
        left: The config of the endpoint that is replaced.
        requested: The config of the new one.

    Raises:
        Refusal: If another model would answer, or what is tested on the one that is replaced.
    """
    asked, old = request.asked, request.old
    if old is None or left is None or requested is None:
        raise Refusal(
            f"{asked.endpoint} shall replace another endpoint, and what that one serves can't be told; first deploy "
            "this release with the name that it has, then rename it"
        )
    models, known = ({one.get("ModelName") for one in config.production} for config in (requested, left))
    if not models <= known or serves_the_candidate(left, requested):
        raise Refusal(
            f"{asked.endpoint} shall replace {old.endpoint}, and at the same time serve what that one doesn't: nothing "
            f"of {asked.version} was tested under the new name, and no way back would be left; rename the endpoint in "
            f"a deployment of its own, then change what it serves, or the other way round"
        )


def standing(history: Iterable[Entry]) -> list[Entry]:
    """The promotions that nobody has taken back."""
    found: list[Entry] = []
    for entry in history:
        if entry.undone is not None:
            continue
        if entry.kind == "promotion":
            found.append(entry)
        else:
            found = [one for one in found if not _takes_back(entry, one)]
    return found


def _takes_back(entry: Entry, promotion: Entry) -> bool:
    if entry.of_hardware:
        # The model itself stays.
        return _hardware(promotion)[1] == _hardware(entry)[0]
    return promotion.to_model == entry.from_model


def versions(request: Request, live: LiveEndpoint, requested: Config, history: Iterable[Entry]) -> dict[str, str]:
    """What the models are called, as far as the code or the history says it."""
    found: dict[str | None, str | None] = {}
    for entry in history:
        found |= {entry.from_model: entry.from_version or found.get(entry.from_model), entry.to_model: entry.to_version}
    asked, old = request.asked, request.old
    said = (
        [(asked, requested)]
        if old is None or old.config != live.config.name
        else [(asked, requested), (old, live.config)]
    )
    for code, config in said:
        main = next((one for one in config.production if one["VariantName"] == code.variant), config.production[0])
        found |= {one.get("ModelName"): code.shadow_version for one in config.shadow if code.shadow_version is not None}
        found[main.get("ModelName")] = code.version
    return {model: version for model, version in found.items() if model is not None and version is not None}


def replaced_by(history: Iterable[Entry]) -> dict[str | _What, Entry]:
    """For every version, model, and model on its hardware, that a promotion replaced and nothing brought back: it."""
    replaced: dict[str | _What, Entry] = {}
    for entry in history:
        if entry.undone is not None:
            continue
        old, new = _hardware(entry)
        if entry.kind == "promotion":
            replaced |= {name: entry for name in (entry.from_version, entry.from_model) if name is not None}
            # A test of hardware alone replaces the model on what it had; where models differ they tell it.
            replaced |= {old: entry} if entry.of_hardware else {}
        for name in (entry.to_version, entry.to_model or "", new):
            replaced.pop(name, None)
    return replaced


def _named(model: str | None) -> str:
    return "a variant without a model" if model is None else f"the model {model}"
