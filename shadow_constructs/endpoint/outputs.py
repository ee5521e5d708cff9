"""What a deployed endpoint tells people and scripts through its stack's outputs, which it has once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct, IConstruct

from shadow_constructs.model.serving_model import ServingModel
from shadow_constructs.placing.place import pseudo
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.intent import Intent, Rollback
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse
from shadow_ops.contract.sentences import ascii_of

CAPTURED_DATA, CAPTURE_KEY = "CapturedData", "CaptureKey"
SERVING_MODEL, TESTED_MODEL, PEOPLE = "ServingModelName", "TestedModelName", "People"
SERVING_ROLE, TESTED_ROLE, TESTED_VERSIONS = "ServingRole", "TestedRole", "TestedVersions"
"""What the stack of a managed test reads of the endpoint's."""
_LONGEST_PREFIX = 200
_TAKEN: WeakKeyDictionary[IConstruct, set[str]] = WeakKeyDictionary()
_PREFIXES: WeakKeyDictionary[IConstruct, str] = WeakKeyDictionary()


@dataclass(frozen=True)
class Output:
    """One stack output.

    Attributes:
        name: Its name.
        value: Its value; may be a CDK token.
        description: What it is, in a sentence.
    """

    name: str
    value: str
    description: str


def check_prefix(endpoint: Construct, stack: cdk.Stack, prefix: object) -> None:
    """Refuse a prefix that CloudFormation wouldn't take, or that has been given in the stack.

    Args:
        endpoint: The endpoint whose outputs are added.
        stack: Its stack.
        prefix: Given for the names of the outputs.
    """
    subject, what = type(endpoint).__name__, "prefix"
    # CloudFormation User Guide, outputs: logical ids are letters and digits, at most 255.
    alphanumeric = isinstance(prefix, str) and prefix.isascii() and (prefix == "" or prefix.isalnum())
    if not isinstance(prefix, str) or not alphanumeric or len(prefix) > _LONGEST_PREFIX:
        refuse(subject, what, f"be at most {_LONGEST_PREFIX} letters and digits", prefix)
    taken = _TAKEN.setdefault(stack, set())
    if prefix in taken or endpoint in _PREFIXES:
        fix = "outputs are added once to an endpoint, and the stacks of the library do so themselves"
        refuse(subject, what, "be new in the stack, and the endpoint without outputs", prefix, fix)
    taken.add(prefix)
    _PREFIXES[endpoint] = prefix


def late_outputs(stack: cdk.Stack, names: Collection[str]) -> Iterator[str]:
    """Outputs of the user's that have names of an endpoint's; once nobody adds any more.

    Args:
        stack: The stack of both.
        names: The endpoint's.
    """
    for one in stack.node.children:
        if isinstance(one, cdk.CfnOutput) and (name := str(stack.resolve(one.logical_id))) in names:
            fix = "call yours otherwise; an endpoint in a stack of yours may have others: add_outputs(prefix='...')"
            yield f"stack {stack.node.path}: an output must have a name that no other has, got {name!r}; {fix}"


def prefix_of(endpoint: Construct) -> str | None:
    """The prefix of an endpoint's outputs; None if it has none."""
    return _PREFIXES.get(endpoint)


def outputs_of(
    test: ShadowTest,
    intent: Intent | None,
    endpoint_config_name: str,
    captured: CaptureDestination | None,
    console: str,
) -> Iterator[Output]:
    """The outputs of an endpoint; what it doesn't have has no output."""
    production, shadow = test.production, test.shadow
    yield Output("EndpointName", test.endpoint_name, "The endpoint to invoke")
    yield Output("EndpointConfigName", endpoint_config_name, "The endpoint config that must be serving")
    yield Output("ProductionVariant", production.name or "", "The variant whose answers reach the caller")
    yield Output("ProductionModel", production.model.version, f"Serves {production.label}")
    if shadow is not None:
        yield Output("ShadowVariant", shadow.name or "", "The variant that gets copies of requests")
        yield Output("ShadowModel", shadow.model.version, f"Is tested: {shadow.label}")
        yield Output("SamplingPercent", f"{test.sampled_percent:g}", "Share of the requests copied to the shadow")
    if captured is not None:
        uri = f"{captured.uri}/{test.endpoint_name}/"
        yield Output(CAPTURED_DATA, uri, "Captured requests and responses, a folder per variant")
        if captured.key_arn is not None and is_token(captured.key_arn):
            yield Output(CAPTURE_KEY, captured.key_arn, "KMS key that encrypts them")
    if isinstance(intent, Rollback):
        yield Output("RollbackReason", ascii_of(intent.reason), "Why a promotion was rolled back")
    # Of a partition whose console's host isn't known there is no address.
    if console:
        address = f"{console}/sagemaker/home?region={pseudo('REGION')}#/endpoints/{test.endpoint_name}"
        yield Output("Console", address, "The endpoint in the AWS console")


def outputs_for_test(
    managed: ManagedShadowTest | None, models: Mapping[str, ServingModel], topic_arn: str | None
) -> Iterator[Output]:
    """What the stack of a managed test reads of the endpoint's: models, the roles that serve them, and who is told.

    Args:
        managed: The test; None has no output.
        models: The SageMaker models by version.
        topic_arn: Who is told, or None.
    """
    if managed is None:
        return
    of_production = (managed.test.production.model.version, SERVING_MODEL, SERVING_ROLE)
    of_shadow = (managed.shadow.model.version, TESTED_MODEL, TESTED_ROLE)
    for version, model_name, role in (of_production, of_shadow):
        yield Output(model_name, models[version].model_name, f"SageMaker model of {version}")
        role_arn = models[version].role_arn
        if role_arn is not None:
            yield Output(role, role_arn, f"Execution role of {version}")
    versions = versions_of(managed)
    yield Output(TESTED_VERSIONS, versions, "Which versions they are of")
    if topic_arn is not None:
        yield Output(PEOPLE, topic_arn, "Topic of those who are told")


def versions_of(managed: ManagedShadowTest) -> str:
    """The versions that a managed test compares, as the outputs say them."""
    return f"{managed.test.production.model.version} and {managed.shadow.model.version}"
