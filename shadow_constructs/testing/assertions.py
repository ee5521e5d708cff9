"""What a promotion and a fold may change in a template, and that they change it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from shadow_constructs.placing.owned import Owner, owner_of
from shadow_constructs.testing.template import Json, check_stack, exact_template

_ALARM, _COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
_CONFIG, _ENDPOINT, _MODEL = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint", "AWS::SageMaker::Model"
_BEFORE, _AFTER = "Custom::EndpointUpdateGuardBefore", "Custom::EndpointUpdateGuardAfter"
# The properties that follow from another model in production and no shadow.
_FOLLOWS: dict[str, set[str]] = {
    _CONFIG: {"ProductionVariants", "ShadowProductionVariants"},
    _ALARM: {"AlarmDescription", "Threshold"},
    "AWS::CloudWatch::Dashboard": {"DashboardBody"},
    "AWS::SSM::Parameter": {"Value"},
    _BEFORE: {"ProductionVersion", "ShadowVersion", "Promotion", "OverrideGate", "Scaling"},
    _AFTER: {"ProductionVersion", "Scaling"},
}
_ROLE, _POLICY = "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"
_GOES = {_MODEL, _ROLE, _POLICY, _ALARM, _COMPOSITE}
_COMES = {_ALARM}
# The statements of an execution role that a variant's hardware needs, by what the config says of it: a version that is
# promoted runs on production's.
_OF_HARDWARE = {
    "OpenSessions": "EnableSSMAccess",
    "WriteCoreDumps": "CoreDumpConfig",
    "EncryptCoreDumps": "CoreDumpConfig",
}
_OUTPUTS = (
    "ProductionModel",
    "EndpointConfigName",
    "ShadowVariant",
    "ShadowModel",
    "SamplingPercent",
    "RollbackReason",
)
# What a promotion leaves alone beside resources and outputs.
_AS_IT_WAS = ("Parameters", "Conditions", "Mappings", "Rules", "Transform")
_LONGEST_DIFFERENCE = 60


def assert_promotion(test_stack: cdk.Stack, promotion_stack: cdk.Stack) -> None:
    """A promotion replaces the endpoint config, and changes what follows from that: nothing else.

    The tested model is the one that is promoted, under the production variant's name and on what the test says. What is
    beside the endpoint in your stacks is the same in both, files and code included. Other endpoints of a stack may go
    on with their tests.

    Args:
        test_stack: The stack of the shadow test.
        promotion_stack: The stack of its promotion.

    Raises:
        AssertionError: With the differences that don't follow.
    """
    for name, stack in (("test_stack", test_stack), ("promotion_stack", promotion_stack)):
        check_stack("assert_promotion", name, stack)
    found, shadows, promotions = list(_other_name(test_stack, promotion_stack)), 0, 0
    for before, after in _pairs(test_stack, promotion_stack):
        tested = {key for key, one in before.configs().items() if "ShadowProductionVariants" in one["Properties"]}
        promoted = {key for key in tested if before.resources[key] != after.resources.get(key)}
        shadows, promotions = shadows + len(tested), promotions + len(promoted)
        for key in sorted(promoted):
            found += _serves_what_was_tested(key, before, after)
        found += [*_of_resources(before, after), *_of_the_rest(before, after)]
    if shadows == 0:
        found.append(f"{test_stack.node.path} tests nothing: no endpoint in it has a shadow")
    elif promotions == 0:
        found.append(f"{promotion_stack.node.path} promotes nothing: what is tested still has a shadow")
    _fail_with(f"{promotion_stack.node.path} is no promotion of {test_stack.node.path}", found)


def assert_fold(promotion_stack: cdk.Stack, folded_stack: cdk.Stack) -> None:
    """A fold leaves everything as the promotion left it, but for the word that it is one.

    Args:
        promotion_stack: The stack of the promotion.
        folded_stack: The stack whose code has the promoted variant in production, and no shadow.

    Raises:
        AssertionError: With the differences.
    """
    for name, stack in (("promotion_stack", promotion_stack), ("folded_stack", folded_stack)):
        check_stack("assert_fold", name, stack)
    found, serving = list(_other_name(promotion_stack, folded_stack)), 0
    for before, after in _pairs(promotion_stack, folded_stack):
        serving += sum("ShadowProductionVariants" not in one["Properties"] for one in before.configs().values())
        templates = before.template, after.template
        for one in [*before.of_type(_BEFORE).values(), *after.of_type(_BEFORE).values()]:
            for word in ("Promotion", "OverrideGate"):
                one["Properties"].pop(word, None)
        for part in sorted({*templates[0], *templates[1]} - {"Resources"}):
            found += _difference(part, *(one.get(part) for one in templates))
        for key in sorted({*before.resources, *after.resources}):
            found += _difference(key, before.resources.get(key), after.resources.get(key))
    if serving == 0:
        found.append(f"{promotion_stack.node.path} promotes nothing: no endpoint in it is without a shadow")
    _fail_with(f"{folded_stack.node.path} is no fold of {promotion_stack.node.path}", found)


@dataclass(frozen=True)
class _Rendered:
    """The template of one stack, and to what in this library its parts belong, by logical id."""

    template: Json
    owners: Mapping[str, Owner]

    @property
    def resources(self) -> Json:
        return dict(self.template.get("Resources", {}))

    def of_type(self, kind: str) -> Json:
        """Those of the library."""
        ours = {key: one for key, one in self.resources.items() if key in self.owners}
        return {key: one for key, one in ours.items() if one["Type"] == kind}

    def configs(self) -> Json:
        return self.of_type(_CONFIG)

    def of_hardware(self, statement: Json) -> bool:
        """Whether a statement is there for the hardware of a variant."""
        said = _OF_HARDWARE.get(str(statement.get("Sid")).rstrip("0123456789"))
        lists = ("ProductionVariants", "ShadowProductionVariants")
        variants = (v for one in self.configs().values() for name in lists for v in one["Properties"].get(name, ()))
        return said is not None and any(one.get(said) for one in variants)

    def requests(self, config: str) -> Json:
        """What the guard is asked before an update to a config."""
        name = {"Fn::GetAtt": [config, "EndpointConfigName"]}
        return {
            key: one for key, one in self.of_type(_BEFORE).items() if one["Properties"]["EndpointConfigName"] == name
        }


_NOTHING = _Rendered({}, {})


def _pairs(one: cdk.Stack, other: cdk.Stack) -> Iterator[tuple[_Rendered, _Rendered]]:
    """The templates of two stacks, and of the nested stacks in them."""
    ours, theirs = _rendered(one), _rendered(other)
    for path in sorted({*ours, *theirs}):
        yield ours.get(path, _NOTHING), theirs.get(path, _NOTHING)


def _rendered(stack: cdk.Stack) -> dict[str, _Rendered]:
    """What is rendered, by the path in the stack."""
    stacks: dict[str, cdk.Stack] = {}
    owners: dict[str, dict[str, Owner]] = {}
    for one in stack.node.find_all():
        if isinstance(one, cdk.Stack):
            stacks[one.node.path] = one
        elif isinstance(one, cdk.CfnElement) and (owner := owner_of(one.node)) is not None:
            owners.setdefault(one.stack.node.path, {})[str(one.stack.resolve(one.logical_id))] = owner
    whole = len(stack.node.path)
    return {
        path[whole:]: _Rendered(exact_template(one), owners.get(path, {}))
        for path, one in stacks.items()
        if one is stack or one.nested
    }


def _serves_what_was_tested(key: str, before: _Rendered, after: _Rendered) -> Iterator[str]:
    old, now = before.resources[key]["Properties"], after.resources.get(key, {}).get("Properties", {})
    serving, shadows = now.get("ProductionVariants", []), old["ShadowProductionVariants"]
    if "ShadowProductionVariants" in now:
        yield f"{key}: the promotion still has a shadow"
    if [one["ModelName"] for one in serving] != [one["ModelName"] for one in shadows]:
        yield f"{key}: the promotion serves another model than was tested"
    names = [[one["VariantName"] for one in variants] for variants in (old["ProductionVariants"], serving)]
    if names[0] != names[1]:
        yield f"{key}: the production variant is called {names[1]} after the promotion, {names[0]} before it"
    for step, request in before.requests(key).items():
        asked, meant = request["Properties"], after.resources.get(step, {}).get("Properties", {})
        said = json.loads(asked.get("Promoted") or "null")
        on = [(one.get("InstanceType"), one.get("InitialInstanceCount")) for one in serving]
        if said is not None and on != [(said["instance_type"], said["count"])]:
            yield f"{key}: the promotion serves on {on}, the test says {said['count']} x {said['instance_type']}"
        if meant.get("Promotion") != "true":
            yield f"{step}: the guard isn't told that it is a promotion, so it would not ask the gate"
        if _scaling_of(names[0], asked) != _scaling_of(names[0], meant):
            yield f"{step}: production scales otherwise after the promotion"


def _scaling_of(variants: list[str], request: Json) -> list[Json]:
    declared: list[Json] = json.loads(request.get("Scaling") or "[]")
    return [one for one in declared if one["variant"] in variants]


def _of_resources(before: _Rendered, after: _Rendered) -> Iterator[str]:
    for key in sorted({*before.resources, *after.resources}):
        old, new = before.resources.get(key), after.resources.get(key)
        owners = {one.owners.get(key) for one in (before, after) if key in one.resources}
        if owners == {"watch"}:
            # It watches the tests of the stack: with each that ends it looks at one less, and goes with the last.
            continue
        ours, kind = owners == {"endpoint"}, (old or new or {})["Type"]
        if new is None and not (ours and (kind in _GOES or _is_more_of_settings(old or {}))):
            yield f"- {key} ({kind}) goes"
        elif old is None and not (ours and (kind in _COMES or _is_of_hardware(new or {}, after))):
            yield f"+ {key} ({kind}) comes"
        elif old is not None and new is not None:
            both = {*before.resources} & {*after.resources}
            kept = [_kept(old, before, both), _kept(new, after, both)] if ours else [old, new]
            yield from _difference(f"{key} ({kind})", *kept)


def _of_the_rest(before: _Rendered, after: _Rendered) -> Iterator[str]:
    for part in _AS_IT_WAS:
        yield from _difference(part, before.template.get(part), after.template.get(part))
    ours, theirs = (one.template.get("Outputs", {}) for one in (before, after))
    for key in sorted({*ours, *theirs}):
        follows = key.endswith(_OUTPUTS) and key in {**before.owners, **after.owners}
        if not follows:
            yield from _difference(f"output {key}", ours.get(key), theirs.get(key))


def _kept(resource: Json, rendered: _Rendered, both: set[str]) -> Json:
    """Of a resource, what no promotion changes.

    Args:
        resource: The resource.
        rendered: Where it is.
        both: What is there before and after: what goes or comes with a version isn't waited for on the other side.
    """
    follows = _FOLLOWS.get(resource["Type"], set())
    properties = {name: value for name, value in resource.get("Properties", {}).items() if name not in follows}
    if resource["Type"] in (_ROLE, _POLICY):
        properties = _without_hardware(properties, rendered)
    waits = [one for one in resource.get("DependsOn", ()) if one in both]
    return {**resource, "Properties": properties, "DependsOn": waits}


def _without_hardware(value: Any, rendered: _Rendered) -> Any:  # noqa: ANN401 - any part of a template
    """A part of a role without the statements that are there for a variant's hardware."""
    if isinstance(value, list):
        statements = (one for one in value if not (isinstance(one, dict) and rendered.of_hardware(one)))
        return [_without_hardware(one, rendered) for one in statements]
    if isinstance(value, dict):
        return {name: _without_hardware(one, rendered) for name, one in value.items()}
    return value


def _is_more_of_settings(resource: Json) -> bool:
    """Whether a resource holds names of alarms that had no place in the settings: a promotion has fewer."""
    return re.search(r"/settings-\d+\Z", str(resource.get("Properties", {}).get("Name"))) is not None


def _is_of_hardware(resource: Json, rendered: _Rendered) -> bool:
    """Whether a resource is a policy that grants what a variant's hardware needs, and nothing else."""
    document = resource.get("Properties", {}).get("PolicyDocument", {}) if resource.get("Type") == _POLICY else {}
    return bool(document) and all(rendered.of_hardware(one) for one in document["Statement"])


def _difference(what: str, old: object, new: object) -> Iterator[str]:
    if old == new:
        return
    before, after = (json.dumps(one, indent=1, sort_keys=True).splitlines() for one in (old, new))
    lines = [
        line for line in difflib.unified_diff(before, after, lineterm="", n=1) if not line.startswith(("---", "+++"))
    ]
    yield "\n    ".join([f"{what} changes:", *lines[:_LONGEST_DIFFERENCE]])


def _other_name(one: cdk.Stack, other: cdk.Stack) -> Iterator[str]:
    names = [check_stack("assert", "stack", stack).stack_name for stack in (one, other)]
    if names[0] != names[1]:
        yield f"stack_name: {names[1]!r} isn't {names[0]!r}, so another stack would be deployed beside it"


def _fail_with(what: str, found: list[str]) -> None:
    if found:
        raise AssertionError("\n  ".join([f"{what}:", *found]))
