"""The floor: the example's two stacks as literals, one plain L1 resource each; nothing that emits them could do less.

The literals are in ``floor.json``, made from what the library renders by ``python -m benchmarks.floor``. So the two
sides differ in nothing but how they get there, and the benchmark compares them before it times them.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from shadow_constructs.guard.package import package_asset

DATA = Path(__file__).with_name("floor.json")
STACKS = ("shadow", "promotion")
# Stands for the endpoint's name; no such text is in a template otherwise.
_NAME = "@endpoint@"
_SAMPLE = "sample-endpoint"
_ATTRIBUTES = ("DependsOn", "DeletionPolicy", "UpdateReplacePolicy")


def stack(app: cdk.App, which: str, name: str) -> None:
    """One of the two stacks, of an endpoint of this name."""
    template = json.loads(_text(which).replace(_NAME, name))
    made = cdk.Stack(app, f"{name}-{which}", stack_name=name, suppress_template_indentation=True)
    for mapping, table in template.get("Mappings", {}).items():
        cdk.CfnMapping(made, mapping, mapping=table)
    code = package_asset(made, "Code")
    for logical_id, literal in template["Resources"].items():
        properties = literal.get("Properties", {})
        if literal["Type"] == "AWS::Lambda::Function":
            properties["Code"] = {"S3Bucket": code.s3_bucket_name, "S3Key": code.s3_object_key}
        resource = cdk.CfnResource(made, logical_id, type=literal["Type"], properties=properties)
        for attribute in _ATTRIBUTES:
            if attribute in literal:
                resource.add_override(attribute, literal[attribute])
    for output, literal in template.get("Outputs", {}).items():
        value = literal["Value"] if isinstance(literal["Value"], str) else cdk.Token.as_string(literal["Value"])
        cdk.CfnOutput(made, output, value=value, description=literal["Description"])


def write() -> None:
    """Make the literals anew from what the library renders."""
    from benchmarks.synth import library

    with tempfile.TemporaryDirectory() as out:
        app = cdk.App(outdir=out, analytics_reporting=False)
        library()(app, _SAMPLE)
        app.synth()
        made: dict[str, Any] = {}
        for which in STACKS:
            text = (Path(out) / f"{_SAMPLE}-{which}.template.json").read_text(encoding="utf-8")
            made[which] = json.loads(text.replace(_SAMPLE, _NAME))
            for resource in made[which]["Resources"].values():
                resource.pop("Metadata", None)
    DATA.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")


@cache
def _text(which: str) -> str:
    return json.dumps(json.loads(DATA.read_text(encoding="utf-8"))[which])


if __name__ == "__main__":
    write()
