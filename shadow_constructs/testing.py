"""For people's own tests: templates to keep as snapshots, and what a promotion and a fold may change in them.

docs/testing.md has an example.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from shadow_constructs.watch.construct import CONSTRUCT_ID as WATCH

Json = dict[str, Any]

_ALARM, _COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
_CONFIG, _ENDPOINT, _MODEL = "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint", "AWS::SageMaker::Model"
_BEFORE, _AFTER = "Custom::EndpointUpdateGuardBefore", "Custom::EndpointUpdateGuardAfter"
# What follows from another model in production and no shadow: of these, the properties that don't.
_FOLLOWS: dict[str, set[str]] = {
    _CONFIG: {"DataCaptureConfig", "KmsKeyId", "MetricsConfig", "EndpointConfigName"},
    _ALARM: {"AlarmName", "AlarmActions", "OKActions"},
    "AWS::CloudWatch::Dashboard": {"DashboardName"},
    "AWS::SSM::Parameter": {"Name", "Type"},
    _BEFORE: {"ServiceToken", "ServiceTimeout", "EndpointName"},
    _AFTER: {"ServiceToken", "ServiceTimeout", "EndpointName"},
}
_GOES = {_MODEL, "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", _ALARM, _COMPOSITE}
_COMES = {_ALARM}
_OUTPUTS = {
    "ProductionModel",
    "EndpointConfigName",
    "ShadowVariant",
    "ShadowModel",
    "SamplingPercent",
    "RollbackReason",
}
_LONGEST_DIFFERENCE = 60


def stable_template(stack: cdk.Stack) -> Json:
    """The template of a stack, as one that changes with what it says and with nothing else.

    Hashes of assets, the guard's code and files of your own among them, are replaced by ``<hash>``: any byte of a
    release is in them. Bodies of dashboards are JSON, not a text of it.

    Args:
        stack: Any stack. Its app is synthesized, so nothing can be added to it afterwards.
    """
    stage = cdk.Stage.of(stack)
    if stage is None:
        raise ValueError("stable_template: 'stack' must be in an app, so that it can be synthesized")
    artifact = stage.synth().get_stack_artifact(stack.artifact_id)
    text = json.dumps(artifact.template)
    for name in _asset_hashes(Path(artifact.template_full_path)):
        text = text.replace(name, "<hash>")
    template: Json = json.loads(text)
    for one in template.get("Resources", {}).values():
        if one["Type"] == "AWS::CloudWatch::Dashboard":
            one["Properties"]["DashboardBody"] = json.loads(_flat(one["Properties"]["DashboardBody"]))
    return template


def assert_promotion(test_stack: cdk.Stack, promotion_stack: cdk.Stack) -> None:
    """A promotion replaces the endpoint config, and changes what follows from that: nothing else.

    The tested model is the one that is promoted, under the production variant's name. What is beside the endpoint in
    your stacks is the same in both.

    Args:
        test_stack: The stack of the shadow test.
        promotion_stack: The stack of its promotion.

    Raises:
        AssertionError: With the differences that don't follow.
    """
    found = list(_other_name(test_stack, promotion_stack))
    before, after = stable_template(test_stack), stable_template(promotion_stack)
    found += [*_serves_what_was_tested(before, after), *_of_resources(before, after), *_of_outputs(before, after)]
    _fail_with(f"{promotion_stack.node.path} is no promotion of {test_stack.node.path}", found)


def assert_fold(promotion_stack: cdk.Stack, folded_stack: cdk.Stack) -> None:
    """A fold leaves everything as the promotion left it, but for the word that it is one.

    Args:
        promotion_stack: The stack of the promotion.
        folded_stack: The stack whose code has the promoted variant in production, and no shadow.

    Raises:
        AssertionError: With the differences.
    """
    found = list(_other_name(promotion_stack, folded_stack))
    before, after = stable_template(promotion_stack), stable_template(folded_stack)
    for template in (before, after):
        for one in template["Resources"].values():
            if one["Type"] == _BEFORE:
                for word in ("Promotion", "OverrideGate"):
                    one["Properties"].pop(word, None)
    for part in sorted({*before, *after} - {"Resources"}):
        found += _difference(part, before.get(part), after.get(part))
    for key in sorted({*before["Resources"], *after["Resources"]}):
        found += _difference(key, before["Resources"].get(key), after["Resources"].get(key))
    _fail_with(f"{folded_stack.node.path} is no fold of {promotion_stack.node.path}", found)


def _serves_what_was_tested(before: Json, after: Json) -> Iterator[str]:
    for key, config in _of_type(before, _CONFIG).items():
        now = after["Resources"].get(key, {}).get("Properties", {})
        shadows = config["Properties"].get("ShadowProductionVariants", [])
        serving = now.get("ProductionVariants", [])
        if "ShadowProductionVariants" in now:
            yield f"{key}: the promotion still has a shadow"
        if shadows and [one["ModelName"] for one in serving] != [one["ModelName"] for one in shadows]:
            yield f"{key}: the promotion serves another model than was tested"
        names = [
            [one["VariantName"] for one in variants]
            for variants in (config["Properties"]["ProductionVariants"], serving)
        ]
        if names[0] != names[1]:
            yield f"{key}: the production variant is called {names[1]} after the promotion, {names[0]} before it"


def _of_resources(before: Json, after: Json) -> Iterator[str]:
    ours, theirs = before["Resources"], after["Resources"]
    for key in sorted({*ours, *theirs}):
        if key.startswith(WATCH):
            # It watches the tests of the stack: with each that ends it looks at one less, and goes with the last.
            continue
        old, new = ours.get(key), theirs.get(key)
        kind = (old or new)["Type"]
        if new is None and kind not in _GOES:
            yield f"- {key} ({kind}) goes"
        elif old is None and kind not in _COMES:
            yield f"+ {key} ({kind}) comes"
        elif old is not None and new is not None:
            yield from _difference(f"{key} ({kind})", _kept(old), _kept(new))


def _of_outputs(before: Json, after: Json) -> Iterator[str]:
    ours, theirs = before.get("Outputs", {}), after.get("Outputs", {})
    for key in sorted({*ours, *theirs}):
        if not key.endswith(tuple(_OUTPUTS)):
            yield from _difference(f"output {key}", ours.get(key), theirs.get(key))


def _kept(resource: Json) -> Json:
    """Of a resource, what no promotion changes."""
    kept = _FOLLOWS.get(resource["Type"])
    if kept is None:
        return resource
    properties = {name: value for name, value in resource.get("Properties", {}).items() if name in kept}
    return {**resource, "Properties": properties}


def _difference(what: str, old: object, new: object) -> Iterator[str]:
    if old == new:
        return
    before, after = (json.dumps(one, indent=1, sort_keys=True).splitlines() for one in (old, new))
    lines = [
        line for line in difflib.unified_diff(before, after, lineterm="", n=1) if not line.startswith(("---", "+++"))
    ]
    yield "\n    ".join([f"{what} changes:", *lines[:_LONGEST_DIFFERENCE]])


def _other_name(one: cdk.Stack, other: cdk.Stack) -> Iterator[str]:
    if other.stack_name != one.stack_name:
        yield f"stack_name: {other.stack_name!r} isn't {one.stack_name!r}, so another stack would be deployed beside it"


def _fail_with(what: str, found: list[str]) -> None:
    if found:
        raise AssertionError("\n  ".join([f"{what}:", *found]))


def _of_type(template: Json, kind: str) -> Json:
    return {key: one for key, one in template["Resources"].items() if one["Type"] == kind}


def _asset_hashes(template: Path) -> list[str]:
    """Keys of all assets that are deployed with a template, as its asset manifest lists them."""
    manifest = template.with_name(template.name.replace(".template.json", ".assets.json"))
    if not manifest.exists():
        return []
    said = json.loads(manifest.read_text(encoding="utf-8"))
    return [name for kind in ("files", "dockerImages") for name in said.get(kind, {}) if len(name) >= 32]


def _flat(value: object) -> str:
    """A text of a template, with references in angle brackets."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flat(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case _:
            return value if isinstance(value, str) else f"<{json.dumps(value)}>".replace('"', "'")
