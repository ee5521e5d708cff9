"""app.py, run as the CDK command line runs it: with the context of cdk.json, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import pipelines
from constructs import IValidation

from shadow_constructs import PromotionStack, ShadowEndpoint, ShadowTestStack, Watch
from shadow_constructs.pipelines import add_shadow_test
from shadow_constructs.values import uncaught
from tests.constructs.rendering import IRELAND
from tests.support.templates import problems_of
from tests.values.samples import shadow_test

ROOT = Path(__file__).parents[2]
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]


def synthesize(
    out: Path, context: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run app.py with some context values changed."""
    given = {**CONTEXT, **(context or {})}
    # Node comes from the virtual environment, as make has it: jsii warns of an old one on stderr.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": path,
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": json.dumps(given),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def template(out: Path, stack: str) -> dict[str, Any]:
    """A synthesized template."""
    found: dict[str, Any] = json.loads((out / f"{stack}.template.json").read_text(encoding="utf-8"))
    return found


def test_two_syntheses_are_equal_byte_by_byte(tmp_path: Path) -> None:
    """Whatever the hash seed, time zone, locale, AWS settings at hand or the day: a template follows from the code."""
    first = {
        **{"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        **{"CDK_DEFAULT_REGION": "us-east-1", "CDK_DEFAULT_ACCOUNT": "1" * 12},
    }
    second = {
        **{"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "USER": "somebody"},
        **{"CDK_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1", "AWS_PROFILE": "other"},
    }
    for out, environment in (("a", first), ("b", second)):
        done = synthesize(tmp_path / out, environment=environment)
        assert done.returncode == 0, done.stderr

    files = [
        {path.relative_to(tmp_path / out): path.read_bytes() for path in (tmp_path / out).rglob("*") if path.is_file()}
        for out in ("a", "b")
    ]
    assert {str(path) for path in files[0]} >= {"churn-shadow.template.json", "churn-promotion.template.json"}
    assert files[0] == files[1]


def test_the_context_describes_the_test(tmp_path: Path) -> None:
    """Artifacts, images, hardware and sampling come from the context, and so does the reason of a roll-back."""
    changed = {
        "endpoint_name": "fraud",
        "v2_artifact": "s3://their-models/fraud/9/model.tar.gz",
        "v2_xgboost": "3.2-0",
        "instance_type": "ml.c5.xlarge",
        "shadow_count": "3",
        "sampling_percent": "12.5",
        "delete_captures_with_stack": "true",
        "rollback": "p99 too high",
    }
    done = synthesize(tmp_path, changed)
    assert done.returncode == 0, done.stderr

    found = template(tmp_path, "churn-shadow")
    text = json.dumps(found)
    for part in ("s3://their-models/fraud/9/model.tar.gz", "/sagemaker-xgboost:3.2-0", '"EndpointName": "fraud"'):
        assert part in text
    [config] = [one for one in found["Resources"].values() if one["Type"] == "AWS::SageMaker::EndpointConfig"]
    [shadow] = config["Properties"]["ShadowProductionVariants"]
    assert (shadow["InstanceType"], shadow["InitialInstanceCount"], shadow["InitialVariantWeight"]) == (
        "ml.c5.xlarge",
        3,
        0.125,
    )
    assert found["Outputs"]["RollbackReason"]["Value"] == "p99 too high"
    assert "Custom::S3AutoDeleteObjects" in text
    assert problems_of(found) == problems_of(template(tmp_path, "churn-promotion")) == []
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    stacks = [one for one in manifest["artifacts"].values() if one["type"] == "aws:cloudformation:stack"]
    assert [one["properties"]["stackName"] for one in stacks] == ["fraud", "fraud"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sampling_percent", "half", "context 'sampling_percent' must be a number, got 'half'"),
        ("production_count", "1.5", "context 'production_count' must be a whole number, got '1.5'"),
        ("shadow_count", "nan", "context 'shadow_count' must be a whole number, got 'nan'"),
    ],
)
def test_fails_with_a_bad_number_in_one_line(tmp_path: Path, name: str, value: str, message: str) -> None:
    """What was given, what is expected, and how to give it: no traceback, and nothing is written."""
    done = synthesize(tmp_path / "out", {name: value})

    assert done.returncode == 1
    assert done.stderr.strip() == f"{message}: try -c {name}=2"
    assert not list((tmp_path / "out").glob("*.template.json"))


def test_fails_with_a_bad_value_before_anything_is_written(tmp_path: Path) -> None:
    """The refusal of the value is the last line."""
    done = synthesize(tmp_path / "out", {"sampling_percent": "101"})

    assert done.returncode == 1
    assert "'sampling_percent' must be above 0 and at most 100, got 101.0" in done.stderr.strip().splitlines()[-1]
    assert not list((tmp_path / "out").glob("*.template.json"))


def test_the_app_runs_without_the_command_line(tmp_path: Path) -> None:
    """As editors and tests run it: with the values of cdk.json, and the very templates that `cdk synth` gives."""
    given = {"CDK_OUTDIR", "CDK_CONTEXT_JSON"}
    environment = {name: value for name, value in os.environ.items() if name not in given}
    command = [sys.executable, str(ROOT / "app.py")]
    alone = {**environment, "CDK_OUTDIR": str(tmp_path / "alone"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert synthesize(tmp_path / "cdk").returncode == 0

    for stack in ("churn-shadow", "churn-promotion"):
        assert template(tmp_path / "alone", stack) == template(tmp_path / "cdk", stack)


def test_fails_without_a_value_in_one_line(tmp_path: Path) -> None:
    """What cdk.json no longer has is named."""
    (tmp_path / "app.py").write_bytes((ROOT / "app.py").read_bytes())
    for context, line in (
        ('{"context": {}}', "context 'v1_xgboost' must be given: put it into cdk.json or try -c v1_xgboost=..."),
        ("{}", "no context values to be read"),
    ):
        (tmp_path / "cdk.json").write_text(context, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "app.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert line in done.stderr.strip()
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("context", "line"),
    [
        ({"sampling_percent": "0"}, "ShadowTest: 'sampling_percent' must be above 0 and at most 100, got 0"),
        ({"endpoint_name": "1churn"}, "ShadowTestStack: 'stack_name' must begin with a letter"),
        ({"rollback": ""}, "Rollback: 'reason' must "),
        ({"override_gate": "", "rollback": "x"}, "context: 'rollback' must be left out with override_gate"),
        ({"v2_xgboost": "9"}, "Container.xgboost: 'version' must be one of "),
    ],
)
def test_a_value_that_cannot_be_is_one_line_with_its_place(
    tmp_path: Path, context: Mapping[str, str], line: str
) -> None:
    """The line of the app that asked for it, what is wrong and what to do: nothing around it."""
    done = synthesize(tmp_path, context)

    assert done.returncode == 1
    [said] = done.stderr.splitlines()
    assert re.match(r"(app|stacks/churn)\.py:\d+: ", said)
    assert line in said


APP = """import sys
{before}
import aws_cdk as cdk
from shadow_constructs import Container, Hardware, Model, ShadowTest, ShadowTestStack, Variant
app = cdk.App()
v1 = Model(version="v1", container=Container.xgboost("1.7-1"), artifact="s3://my-models/v1/model.tar.gz")
{then}
"""


@pytest.mark.parametrize(
    ("before", "then", "said"),
    [
        ("", 'Hardware("ml.m5.xlarge", count=0)', r"its\.py:7: Hardware: 'count' must .*\n"),
        ("", 'ShadowTestStack(app, "x", test=v1)', r"its\.py:7: ShadowTestStack: 'test' must .*\n"),
        ("", 'Hardware("ml.m5.xlarge", count=0, volume_gb=-1)', r"its\.py:7: Hardware: .*\nits\.py:7: Hardware: .*\n"),
        ("", "1 / 0", r"Traceback (.*\n)*ZeroDivisionError: .*\n"),
        ("sys.excepthook = lambda *_: print('mine', file=sys.stderr)", 'Hardware("ml.m5.xlarge", count=0)', r"mine\n"),
    ],
)
def test_an_app_of_anybody_ends_in_the_lines_of_a_refusal(tmp_path: Path, before: str, then: str, said: str) -> None:
    """One per mistake; other errors, and whoever said already how Python ends, are left alone."""
    (tmp_path / "its.py").write_text(APP.format(before=before, then=then), encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "its.py"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.fullmatch(said, done.stderr), done.stderr


def _output(app: cdk.App) -> None:
    stack = ShadowTestStack(app, "x", test=shadow_test())
    cdk.CfnOutput(stack, "Endpoint-Name", value="x")


def _tags(app: cdk.App) -> None:
    ShadowTestStack(app, "x", test=shadow_test())
    for number in range(60):
        cdk.Tags.of(app).add(f"tag{number}", "x")


def _bucket(app: cdk.App) -> None:
    endpoint = ShadowEndpoint(cdk.Stack(app, "mine"), "E", test=shadow_test())
    cdk.CfnOutput(cdk.Stack(app, "theirs"), "X", value=endpoint.capture_bucket.bucket_name)  # type: ignore[union-attr] # it captures


def _export(app: cdk.App) -> None:
    test = shadow_test()
    made = ShadowTestStack(app, "x", test=test, env=IRELAND)
    PromotionStack(app, "y", test=test, env=IRELAND)
    cdk.CfnOutput(cdk.Stack(app, "theirs", env=IRELAND), "X", value=made.endpoint.endpoint_config_name)


def _pipeline(app: cdk.App, *, account: str = "111122223333", **kind: Any) -> None:  # noqa: ANN401 - of the CDK's
    stack = cdk.Stack(app, "pipe", env=IRELAND)
    own = codepipeline.Pipeline(stack, "Own", cross_account_keys=False, **kind)
    arn = "arn:aws:codestar-connections:eu-west-1:111122223333:connection/x"
    source = pipelines.CodePipelineSource.connection("a/b", "main", connection_arn=arn)
    synth = pipelines.ShellStep("Synth", commands=["cdk synth"], input=source)
    made = pipelines.CodePipeline(stack, "Pipeline", synth=synth, code_pipeline=own)
    env = cdk.Environment(account=account, region="eu-west-1")
    add_shadow_test(made, shadow_test(watch=Watch()), env=env)


def _beside(app: cdk.App, many: int, text: str, name: str = "x") -> None:
    stack = cdk.Stack(app, name)
    ShadowEndpoint(stack, "E", test=shadow_test(endpoint_name=f"churn-{name}"))
    for number in range(many):
        cdk.CfnWaitConditionHandle(stack, f"Mine{number}").add_metadata("Mine", text)


def _two(app: cdk.App) -> None:
    for name in "yz":
        _beside(app, 1, "x" * 1_000_000, name)


@jsii.implements(IValidation)
class _Theirs:
    """Finds a mistake."""

    def validate(self) -> list[str]:
        """One."""
        return ["somebody's own mistake"]


def _with_theirs(app: cdk.App) -> None:
    _tags(app)
    app.node.add_validation(_Theirs())


V1, PARALLEL = codepipeline.PipelineType.V1, codepipeline.ExecutionMode.PARALLEL
V2 = codepipeline.PipelineType.V2
LATE: dict[str, tuple[Callable[[cdk.App], None], list[str]]] = {
    "output": (_output, ["stack x: an output must have a name that no other has"]),
    "tags": (_tags, ["stack x: ShadowEndpoint: 'tags' must have at most 49 entries, got 60"]),
    "tags and another's": (_with_theirs, ["stack x: ShadowEndpoint: 'tags' must have", "somebody's own mistake"]),
    "bytes": (
        lambda app: _beside(app, 1, "x" * 1_000_000),
        ["stack x must have a template of at most 1,000,000 bytes"],
    ),
    "bytes of two": (
        _two,
        [f"stack {name} must have a template of at most 1,000,000 bytes" for name in "yz"],
    ),
    "resources": (lambda app: _beside(app, 500, ""), ["stack x must have at most 500 resources"]),
    "bucket": (_bucket, ["ShadowEndpoint: 'capture_bucket' must have an output that other stacks can read"]),
    "export": (_export, ["stack y must have what another stack refers to"]),
    "account": (
        lambda app: _pipeline(app, account="999988887777", pipeline_type=V2),
        ["add_shadow_test: 'env.account' must be in the pipeline's account"],
    ),
    "type": (lambda app: _pipeline(app, pipeline_type=V1), ["add_shadow_test: 'pipeline_type' must be of type V2"]),
    "mode": (
        lambda app: _pipeline(app, pipeline_type=V2, execution_mode=PARALLEL),
        ["add_shadow_test: 'execution_mode' must be SUPERSEDED"],
    ),
}
"""What synthesis alone can see, and the lines."""


@pytest.mark.parametrize("case", LATE)
def test_what_the_cdk_finds_for_us_at_the_end_is_told_in_lines_too(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same lines as of a refusal at once, with the app's own line, and nothing that the CDK puts around them."""
    make, lines = LATE[case]
    app = cdk.App()
    make(app)
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    uncaught._told(RuntimeError, refused.value, refused.value.__traceback__)

    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(lines), said
    for one, line in zip(said, lines, strict=True):
        assert re.match(r"\S+test_app\.py:\d+: " + re.escape(line), one), one
        assert not one.endswith(".")


@pytest.mark.parametrize("mistake", ["of somebody's", "of the CDK's", "of Python's"])
def test_what_is_no_refusal_of_ours_is_shown_as_python_does(mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With its traceback: nobody but its author can read what it means."""
    app = cdk.App()
    stack = cdk.Stack(app, "S")
    if mistake == "of somebody's":
        app.node.add_validation(_Theirs())
    raising: Callable[[], object] = {
        "of somebody's": lambda: app.synth(),
        "of the CDK's": lambda: cdk.Stack(app, "S"),
        "of Python's": lambda: stack.resolve(1 / 0),
    }[mistake]
    with pytest.raises((RuntimeError, ZeroDivisionError)) as raised:
        raising()
    uncaught._told(type(raised.value), raised.value, raised.value.__traceback__)

    assert "Traceback (most recent call last)" in capsys.readouterr().err
