"""Whatever is passed to a public name, it is taken, or refused in printable lines; nothing else, ever.

``make fuzz`` tries ten thousand cases of each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import pipelines
from constructs import Construct
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shadow_constructs
from shadow_constructs import (
    Capture,
    Container,
    Guard,
    InvalidValueError,
    Network,
    Promotion,
    Rollback,
    Rule,
    Schedule,
    Serverless,
)
from shadow_constructs.pipelines import add_shadow_test
from shadow_constructs.values.model import ModelPackage
from tests.constructs.rendering import IRELAND
from tests.fuzz.odd import CASES, FEW, ODD
from tests.values.samples import IMAGE, KEY_ARN, PACKAGE_ARN, ROLE_ARN, hardware, model, shadow_test, variant

# A stack costs as much as a hundred values.
COSTLY = 25
# Of every stack, handed on to the CDK.
# Given by readers of ours only, which are fuzzed with the files and parameters that they read.
OURS = ("where", "unread", "settings")
OF_STACKS = ("stack_name", "description", "env", "termination_protection", "tags", "analytics_reporting", "synthesiser")
FIXED = "arn:aws:sns:eu-west-1:111122223333:people"
CONNECTION = "arn:aws:codeconnections:eu-west-1:111122223333:connection/12345678"
VPC = Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])

# What fits an argument of that name, so that mistakes are looked for behind good values too.
FITTING: dict[str, list[Any]] = {
    "account": ["111122223333"],
    "alarm_names": [["checkout-errors"]],
    "arn": [PACKAGE_ARN],
    "artifact": ["s3://my-models/churn/v1/model.tar.gz"],
    "capture": [Capture(), Capture.off()],
    "container": [Container.xgboost("3.0-5")],
    "currency": ["EUR"],
    "destination": ["s3://dumps/churn"],
    "endpoint_config_name": ["churn-1"],
    "endpoint_name": ["churn"],
    "env": [IRELAND],
    "environment": [{"KEY": "value"}],
    "guard": [Guard()],
    "hardware": [hardware(), Serverless(memory_mb=1024, max_concurrency=5)],
    "image": [IMAGE],
    "instance_type": ["ml.m5.xlarge", "ml.g5.xlarge"],
    "key_arn": [KEY_ARN],
    "max_concurrency": [5],
    "max_count": [8],
    "memory_mb": [1024],
    "min_count": [2],
    "model": [model()],
    "name": ["night"],
    "network": [VPC],
    "package": [ModelPackage(PACKAGE_ARN, artifact="s3://bucket/k.tar.gz", image=IMAGE)],
    "pipeline": [None],
    "production": [variant()],
    "reason": ["tried"],
    "repository": ["pytorch-inference"],
    "role_arn": [ROLE_ARN],
    "rules": [[Rule.latency()]],
    "schedules": [[Schedule(name="night", when="cron(0 22 * * ? *)", min_count=1)]],
    "security_group_ids": [["sg-1"]],
    "shadow": [variant("v2")],
    "strategy": ["RANDOM"],
    "subnet_ids": [["subnet-1", "subnet-2"]],
    "tag": ["2.6.0-cpu-py312"],
    "tag_or_digest": ["7"],
    "test": [shadow_test()],
    "topic_arn": [FIXED],
    "uri": [IMAGE],
    "variant_name": ["production"],
    "version": ["3.0-5"],
    "when": ["rate(1 hour)"],
}
INTENTS: dict[str, list[Any]] = {
    "ShadowTestStack": [Rollback("it answered slowly"), None],
    "PromotionStack": [Promotion(override_gate="tested elsewhere"), None],
}


def _in_a_stack(kind: Any) -> Callable[..., object]:  # noqa: ANN401 - a class of constructs
    """Makes a construct in an app of its own; what its id and scope are is fuzzed too."""

    def make(construct_id: object = "Made", scope: object = None, **arguments: Any) -> object:  # noqa: ANN401 - anything
        app = cdk.App()
        usual = app if issubclass(kind, cdk.Stack) else cdk.Stack(app, "Stack", env=IRELAND)
        return kind(usual if scope is None else scope, construct_id, **arguments)

    return make


def _into_a_pipeline(**arguments: Any) -> object:  # noqa: ANN401 - anything
    """Adds stages to a pipeline in an app of its own, or to what is given in its place."""
    if arguments["pipeline"] is None:
        stack = cdk.Stack(cdk.App(), "Delivery", env=IRELAND)
        source = pipelines.CodePipelineSource.connection("team/churn", "main", connection_arn=CONNECTION)
        synth = pipelines.ShellStep("Synth", input=source, commands=["npx cdk synth"])
        arguments["pipeline"] = pipelines.CodePipeline(stack, "Pipeline", synth=synth)
    return add_shadow_test(**arguments)


def _public() -> Iterator[tuple[str, Callable[..., object], dict[str, bool]]]:
    """Every public name and its factories: what makes it, and its arguments with whether they must be given."""
    yield "add_shadow_test", _into_a_pipeline, _arguments(add_shadow_test)
    for name in shadow_constructs.__all__:
        kind = getattr(shadow_constructs, name)
        if issubclass(kind, Construct):
            more = dict.fromkeys(OF_STACKS, False) if issubclass(kind, cdk.Stack) else {}
            arguments = {**_arguments(kind.__init__, "self", "kwargs"), "scope": False, "construct_id": False, **more}
            yield name, _in_a_stack(kind), arguments
            continue
        if issubclass(kind, Exception):
            continue
        yield name, kind, _arguments(kind)
        for factory, made in inspect.getmembers(kind):
            own = inspect.getattr_static(kind, factory)
            if (
                factory != "deployed"
                and not factory.startswith("_")
                and isinstance(own, classmethod | staticmethod | type)
            ):
                yield f"{name}.{factory}", made, _arguments(made)


def _arguments(made: Callable[..., object], *without: str) -> dict[str, bool]:
    parameters = inspect.signature(made).parameters.values()
    return {one.name: one.default is inspect.Parameter.empty for one in parameters if one.name not in (*without, *OURS)}


PUBLIC = {name: (make, arguments) for name, make, arguments in _public()}


def test_every_public_name_is_fuzzed() -> None:
    """A value, a factory or a construct that is added is fuzzed with it; what is raised isn't made by users."""
    names = {name.split(".")[0] for name in PUBLIC}

    assert set(shadow_constructs.__all__) - names == {"InvalidValueError"}
    assert {"Watch.off", "Guard.off", "GatePolicy.none", "Rule.overhead", "ShadowTest.from_file"} <= set(PUBLIC)


def _any(name: str, argument: str) -> st.SearchStrategy[Any]:
    good = INTENTS.get(name, [None]) if argument == "intent" else FITTING.get(argument, [])
    return st.sampled_from(good) | ODD if good else ODD


@pytest.mark.parametrize("name", PUBLIC)
def test_a_value_is_taken_or_refused_in_printable_lines(name: str) -> None:
    """Wrong types, huge and tiny numbers, tokens, halves of characters, objects of every kind: no other exception."""
    make, arguments = PUBLIC[name]
    required = {one: _any(name, one) for one, needed in arguments.items() if needed}
    optional = {one: _any(name, one) for one, needed in arguments.items() if not needed}
    cases = CASES if inspect.isclass(make) or inspect.ismethod(make) or "." in name else CASES // COSTLY

    @settings(
        max_examples=max(cases, 15), deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW
    )
    @given(st.fixed_dictionaries(required, optional=optional))
    def tried(values: dict[str, Any]) -> None:
        lines: tuple[str, ...] | None = None
        try:
            make(**values)
        except InvalidValueError as error:
            lines = error.problems
        assert lines is None or lines
        assert all(line.isprintable() and len(line) < 1000 for line in lines or ()), lines

    tried()
