"""What somebody may deploy."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import Any

from tests.ops.guard.stack import INVOCATIONS, POLICIES, night, scaling, tracking

TYPES = ("ml.m5.xlarge", "ml.m5.2xlarge")
_CHANGES = (
    *("version", "type", "count", "shadow", "end", "second"),
    *("rename", "split", "scaling", "policy", "alarms", "both", "anew", "image"),
)
IMAGES = (None, "gpu-2", "gpu-3")
VERSIONS = ("v1", "v2", "v3", "v4")


THEIRS = "theirs"
"""How the configs begin that people make and update an endpoint to."""


@dataclass(frozen=True)
class Part:
    """A variant. One version is one model, which CloudFormation makes anew where `made` changes."""

    name: str
    version: str
    instance_type: str = TYPES[0]
    count: int = 2
    made: str = ""
    ami: str | None = None

    def config(self) -> dict[str, Any]:
        """The variant of an endpoint config."""
        return {
            "VariantName": self.name,
            "ModelName": f"model-{self.version}@{self.made}" if self.made else f"model-{self.version}",
            "InstanceType": self.instance_type,
            "InitialInstanceCount": self.count,
            "InitialVariantWeight": 1.0,
            **({} if self.ami is None else {"InferenceAmiVersion": self.ami}),
        }


@dataclass(frozen=True)
class Code:
    """What the code says of an endpoint."""

    production: tuple[Part, ...]
    endpoint: str = "churn"
    shadow: Part | None = None
    scaling: tuple[dict[str, Any], ...] = ()
    promotion: bool = False
    override: str | None = None
    rollback: str | None = None
    policy: str = "usual"
    alarms: tuple[str, ...] = ()
    guarded: bool = True
    # Earlier releases told the guard nothing of further variants' versions.
    tells: bool = True

    def variants(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The variants of its config."""
        shadow = [] if self.shadow is None else [self.shadow.config()]
        return [one.config() for one in self.production], shadow

    def count(self, name: str) -> int | None:
        """What it says of a variant's instances."""
        parts = (*self.production, *(() if self.shadow is None else (self.shadow,)))
        return next((one.count for one in parts if one.name == name), None)

    def declared(self, name: str) -> dict[str, Any] | None:
        """What it says of a variant's scaling."""
        return next((one for one in self.scaling if one["variant"] == name), None)

    def properties(self, step: str, config: str) -> dict[str, str]:
        """The properties of one of the guard's resources."""
        given = {
            "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:guard",
            "Step": step,
            "EndpointName": self.endpoint,
            "EndpointConfigName": config,
            "ProductionVariant": self.production[0].name,
            "ProductionVersion": self.production[0].version,
            "Scaling": json.dumps(self.scaling),
        }
        if step == "before":
            others = json.dumps({one.name: one.version for one in self.production[1:]})
            given |= {
                "ShadowVersion": "" if self.shadow is None else self.shadow.version,
                **({"OtherVersions": others} if others != "{}" and self.tells else {}),
                "Promotion": "true" if self.promotion else "false",
                "Policy": POLICIES[self.policy].to_text(),
                "RollbackAlarms": json.dumps(self.alarms),
            }
            if self.override is not None:
                given["OverrideGate"] = self.override
            if self.rollback is not None:
                given["RollbackReason"] = self.rollback
        return given

    def promoted(self) -> Code:
        """The endpoint after its promotion."""
        assert self.shadow is not None
        first = replace(self.production[0], version=self.shadow.version)
        kept = tuple(one for one in self.scaling if one["variant"] != self.shadow.name)
        return replace(self, production=(first,), shadow=None, scaling=kept, promotion=True, rollback=None)


def a_scaling(dice: random.Random, name: str) -> tuple[dict[str, Any], ...]:
    """A declared scaling of a variant, or none."""
    if dice.random() < 0.4:
        return ()
    names = [one for one in ("track", "second", "third") if dice.random() < 0.5]
    schedules = [night()] if dice.random() < 0.5 else []
    policies = [tracking(one) for one in names]
    if "track" in names and dice.random() < 0.3:
        # Another name for what follows the same metric: the service takes one of both.
        policies[0] = tracking("renamed", metric=INVOCATIONS)
    return (scaling(name, dice.randint(1, 2), dice.randint(6, 12), policies=policies, schedules=schedules),)


def a_code(dice: random.Random, before: Code | None = None) -> Code:
    """Something to deploy: anything at first, a change of what there is afterwards."""
    if before is None or dice.random() < 0.15:
        first = Part("production", dice.choice(VERSIONS), dice.choice(TYPES), dice.randint(1, 4))
        endpoint = "churn" if before is None else before.endpoint
        code = Code((first,), endpoint, policy=dice.choice(tuple(POLICIES)))
        return _scaled(dice, _tested(dice, code) if dice.random() < 0.6 else code)
    code = replace(before, promotion=False, override=None, rollback=None)
    change = dice.choice(_CHANGES)
    first = code.production[0]
    if change in ("version", "both"):
        first = replace(first, version=dice.choice(VERSIONS))
    if change in ("type", "both"):
        first = replace(first, instance_type=dice.choice(TYPES))
    if change == "image":
        first = replace(first, ami=dice.choice(IMAGES))
    if change == "count":
        first = replace(first, count=dice.randint(1, 6))
    if change == "rename":
        first = replace(first, name=dice.choice(("production", "main")))
    code = replace(code, production=(first, *code.production[1:]))
    if change == "shadow":
        code = _tested(dice, replace(code, production=(first,)))
    if change == "end":
        code = replace(code, shadow=None)
    if change == "second":
        beside = Part("second", dice.choice(VERSIONS), dice.choice(TYPES), dice.randint(1, 4))
        code = replace(code, shadow=None, production=(first, beside) if dice.random() < 0.7 else (first,))
    if change == "split":
        # One for several, or several for one, all under other names.
        names = dice.sample(("left", "right", "third"), dice.randint(1, 2))
        parts = tuple(replace(first, name=name, count=dice.randint(1, 6)) for name in names)
        others = tuple(replace(one, version=dice.choice(VERSIONS)) for one in parts[1:])
        code = replace(code, production=(parts[0], *others), shadow=None if others else code.shadow)
    if change == "policy":
        code = replace(code, policy=dice.choice(tuple(POLICIES)))
    if change == "alarms":
        code = replace(code, alarms=() if code.alarms else ("users",))
    if change == "anew" or dice.random() < 0.1:
        code = made_anew(dice, code)
    code = _scaled(dice, code) if change in ("scaling", "both") else _fitting(code)
    if dice.random() < 0.3:
        code = replace(code, rollback="it is slow")
    return code


def made_anew(dice: random.Random, code: Code) -> Code:
    """The same for users, of SageMaker models that have other names: another network, another role."""
    made = dice.choice(("", "isolated", "role"))
    shadow = None if code.shadow is None else replace(code.shadow, made=made)
    return replace(code, production=tuple(replace(one, made=made) for one in code.production), shadow=shadow)


def _tested(dice: random.Random, code: Code) -> Code:
    shadow = Part("shadow", dice.choice(VERSIONS), dice.choice(TYPES), dice.randint(1, 2), code.production[0].made)
    shadow = replace(shadow, ami=dice.choice(IMAGES) if dice.random() < 0.3 else code.production[0].ami)
    return replace(code, shadow=shadow, production=code.production[:1])


def _scaled(dice: random.Random, code: Code) -> Code:
    names = [one.name for one in (*code.production, *(() if code.shadow is None else (code.shadow,)))]
    return replace(code, scaling=tuple(one for name in names for one in a_scaling(dice, name)))


def _fitting(code: Code) -> Code:
    """Without the scaling of variants that aren't there any more."""
    return replace(code, scaling=tuple(one for one in code.scaling if code.count(one["variant"]) is not None))
