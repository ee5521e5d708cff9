"""The template of a stack, as one that changes with what it says and with nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import cx_api

from shadow_ops.contract.problems import refuse

Json = dict[str, Any]

# The synthesizer of CDK 1 has a parameter per asset, named after its hash and ending in a hash of that.
_OF_LEGACY = re.compile(r"(AssetParameters<hash[^>]*>[A-Za-z0-9]+?)[0-9A-F]{8}\b")
_SHORTEST_HASH = 32


def stable_template(stack: cdk.Stack) -> Json:
    """The template of a stack, as one that changes with what it says and with nothing else.

    Hashes of assets, the guard's code and files of your own among them, are replaced by ``<hash>``: any byte of a
    release is in them. Bodies of dashboards are JSON, not a text of it, where they are one.

    Args:
        stack: Any stack, nested ones included. Its app is synthesized, so nothing can be added to it afterwards.

    Raises:
        InvalidValueError: If it is no stack of an app.
    """
    return _template(stack, lambda _path: True)


def exact_template(stack: cdk.Stack) -> Json:
    """The same with the hashes of files and code, by which a model or a function differs from another.

    Those of nested stacks' templates are hidden: what is in them is compared by itself.
    """
    return _template(stack, lambda path: path.endswith(".template.json"))


def _template(stack: cdk.Stack, hides: Callable[[str], bool]) -> Json:
    outermost = check_stack("stable_template", "stack", stack)
    stage = cdk.Stage.of(outermost)
    if stage is None:
        refuse("stable_template", "stack", "be in an app, so that it can be synthesized", outermost.node.path)
    artifact = stage.synth().get_stack_artifact(outermost.artifact_id)
    full = Path(artifact.template_full_path)
    text = (full if stack is outermost else full.with_name(stack.template_file)).read_text(encoding="utf-8")
    template: Json = json.loads(_without_hashes(text, artifact, full, hides))
    for one in template.get("Resources", {}).values():
        if one["Type"] == "AWS::CloudWatch::Dashboard":
            properties = one["Properties"]
            properties["DashboardBody"] = _as_json(properties.get("DashboardBody"))
    return template


def check_stack(subject: str, what: str, given: object) -> cdk.Stack:
    """The outermost stack of one that is given.

    Raises:
        InvalidValueError: If none is given.
    """
    if not isinstance(given, cdk.Stack):
        refuse(
            subject, what, "be a cdk.Stack", given, "give the stack itself, such as a ShadowTestStack(...)", text=False
        )
    above = given.nested_stack_parent
    return given if above is None else check_stack(subject, what, above)


def _without_hashes(
    text: str, artifact: cx_api.CloudFormationStackArtifact, template: Path, hides: Callable[[str], bool]
) -> str:
    legacy: Sequence[Any] = [one for one in artifact.assets if hides(one.path)]
    for name in _hashes_in_manifest(template, hides):
        text = text.replace(name, "<hash>")
    for number, name in enumerate(sorted((one.source_hash for one in legacy), key=text.find), 1):
        # Parameters of two assets must not become one.
        text = text.replace(name, "<hash>" if number == 1 else f"<hash {number}>")
    return _OF_LEGACY.sub(r"\1", text)


def _hashes_in_manifest(template: Path, hides: Callable[[str], bool]) -> Iterator[str]:
    """Keys of the assets to hide that are deployed with a template, as its asset manifest lists them."""
    manifest = template.with_name(template.name.replace(".template.json", ".assets.json"))
    if manifest.exists():
        said = json.loads(manifest.read_text(encoding="utf-8"))
        for kind in ("files", "dockerImages"):
            for name, one in said.get(kind, {}).items():
                source = one.get("source", {})
                if len(name) >= _SHORTEST_HASH and hides(str(source.get("path") or source.get("directory"))):
                    yield name


def _as_json(body: object) -> object:
    try:
        return json.loads(_flat(body))
    except json.JSONDecodeError:
        # Made at deployment, or none: as it stands in the template.
        return body


def _flat(value: object) -> str:
    """A text of a template, with references in angle brackets."""
    match value:
        case {"Fn::Join": [separator, [*parts]]}:
            return str(separator).join(_flat(part) for part in parts)
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return text
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case _:
            return value if isinstance(value, str) else f"<{json.dumps(value)}>".replace('"', "'")
