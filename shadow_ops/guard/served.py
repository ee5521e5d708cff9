"""What answers users, whatever SageMaker and the code call it: by its content, its label, its instances. Pure.

Names don't tell: CloudFormation makes the same model anew under another one, and what serves may come from a config
that somebody made by hand, or from before the guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.endpoint import Config
from shadow_ops.aws.history import COUNT, Entry, differing
from shadow_ops.guard.request import Request

_NO_HARDWARE = ("VariantName", "ModelName", "InitialVariantWeight")


@dataclass(frozen=True)
class Served:
    """A model on its instances.

    Attributes:
        model: Name of the SageMaker model; None for a variant of inference components.
        version: What the code calls it; None if that isn't known.
        content: What it is made of, as a hash; likewise.
        hardware: What is said of its instances; likewise.
    """

    model: str | None
    version: str | None
    content: str | None
    hardware: Mapping[str, Any] | None

    @property
    def unknown(self) -> bool:
        """Whether nothing is known but what SageMaker called it."""
        return self.version is None and self.content is None

    def on(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """What its instances have of something."""
        return (self.hardware or {}).get(name)

    def is_same(self, other: Served) -> bool:
        """Whether the model is the other: by name, by label, or by content."""
        pairs = ((self.model, other.model), (self.version, other.version), (self.content, other.content))
        return any(one is not None and one == another for one, another in pairs)

    def may_be(self, other: Served, among: Iterable[Served]) -> bool:
        """Whether what comes may be the other model, and isn't one that answers users. In doubt it is."""
        those = list(among)
        if None in (self.model, other.model) or any(self.model == one.model for one in those):
            return False
        if self.model == other.model:
            return True
        if self.content is not None and self.content == other.content:
            return all(self.content != one.content for one in those)
        unknown = None in (self.content, other.content) and None in (self.version, other.version)
        called = self.version is not None and any(self.version == one.version for one in those)
        return not called and (unknown or self.version == other.version)


def variants(config: Iterable[Mapping[str, Any]], names: Mapping[str, str], made: Mapping[str, Any]) -> list[Served]:
    """The variants of a config, with the versions and the contents of models by their names."""
    found = []
    for one in config:
        model = one.get("ModelName")
        hardware = {name: value for name, value in one.items() if name not in _NO_HARDWARE}
        found.append(Served(model, names.get(model or ""), made.get(model or ""), hardware))
    return found


def sides(entry: Entry) -> tuple[Served, Served]:
    """What served before a promotion or a way back, and since."""
    contents = entry.from_content, entry.to_content
    if contents[0] == contents[1] and not entry.of_hardware:
        # What both are made of tells neither: an artifact may have been written over.
        contents = None, None
    before, since = entry.instances
    return (
        Served(entry.from_model, entry.from_version, contents[0], before),
        Served(entry.to_model, entry.to_version, contents[1], since),
    )


def comes_to(one: Served, those: Served, names: Iterable[str], there: Sequence[Served]) -> bool:
    """Whether a model comes to anything that those instances have, and it doesn't have now."""
    return any(
        one.on(name) == those.on(name) and all(each.on(name) != one.on(name) for each in there) for name in names
    )


def comes_to_tested(one: Served, tested: Served, there: Sequence[Served]) -> bool:
    """Whether a model comes to anything of the instances that are tested."""
    names = {name for each in (one, tested, *there) for name in each.hardware or {}}
    return comes_to(one, tested, names - {COUNT}, there)


def moves_back(one: Served, entry: Entry, serving: Iterable[Served]) -> bool:
    """Whether a model comes back to anything of the instances that a test of hardware alone has replaced.

    Where nobody wrote down which they were, other ones may be those.
    """
    left, came = sides(entry)
    there = [each for each in serving if each.is_same(one)]
    if not one.is_same(came):
        return False
    if entry.moved or entry.from_hardware is not None:
        return comes_to(one, left, entry.moved, there)
    return all(differing(one.hardware or {}, each.hardware or {}) not in ((), (COUNT,)) for each in there)


def is_on(one: Served, side: Served, entry: Entry) -> bool:
    """Whether it is on the instances of one side of a test of hardware, as far as that is known."""
    return all(one.on(name) == side.on(name) for name in entry.moved)


def labels(request: Request, configs: Iterable[Config], history: Iterable[Entry]) -> dict[str, str]:
    """What models are called by the history, and by the code, which knows them by its configs."""
    found: dict[str | None, str | None] = {}
    for entry in history:
        found |= {entry.from_model: entry.from_version or found.get(entry.from_model), entry.to_model: entry.to_version}
    named = {one.name: one for one in configs}
    for code in (request.asked, request.old):
        config = None if code is None else named.get(code.config)
        if code is not None and config is not None:
            main = next((one for one in config.production if one["VariantName"] == code.variant), config.production[0])
            found |= {one.get("ModelName"): code.shadow_version for one in config.shadow if code.shadow_version}
            there = ((code.others.get(one["VariantName"]), one.get("ModelName")) for one in config.production)
            found |= {model: version for version, model in there if version}
            found[main.get("ModelName")] = code.version
    return {model: version for model, version in found.items() if model is not None and version is not None}
