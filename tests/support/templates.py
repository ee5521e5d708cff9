"""Checks every SageMaker resource of a synthesized template against the API calls it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from tests.support.api_model import problems_of_call
from tests.support.cfn_to_api import CALLS, Resolver, UnresolvableError, calls, unknown_to_cloudformation


def problems_of(template: Mapping[str, object]) -> list[str]:
    """Find what SageMaker or CloudFormation would refuse in a template's SageMaker resources.

    Every endpoint is checked for its creation and for its update. A SageMaker resource of a type that is not known here
    is a problem too, so that nothing passes unchecked, and so is one with a condition.

    Args:
        template: The synthesized template, as ``Template.from_stack(stack).to_json()`` gives it.

    Returns:
        One line per problem, beginning with the logical id. Empty if there is none.
    """
    problems = []
    resources = cast("Mapping[str, Mapping[str, object]]", template.get("Resources", {}))
    for logical_id, resource in resources.items():
        kind = str(resource.get("Type"))
        if not kind.startswith("AWS::SageMaker::"):
            continue
        try:
            problems += [f"{logical_id}: {line}" for line in _problems_of_resource(template, logical_id)]
        except UnresolvableError as error:
            problems.append(f"{logical_id}: {error}")
    return problems


def _problems_of_resource(template: Mapping[str, object], logical_id: str) -> list[str]:
    resolver = Resolver(template)
    kind = resolver.type_of(logical_id)
    if kind not in CALLS:
        return [f"{kind} is not checked here: add the calls it becomes to tests/support/cfn_to_api.py"]
    problems = unknown_to_cloudformation(kind, resolver.properties_of(logical_id))
    for call in calls(template, logical_id):
        problems += problems_of_call(call.operation, call.arguments)
    return problems
