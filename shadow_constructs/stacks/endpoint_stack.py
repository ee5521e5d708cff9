"""What the library's stacks are; those of a shadow test and of its promotion are one in CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.placing.given import check_given, check_place, check_stack, in_one_line
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.checks import plain


class CheckedStack(cdk.Stack):
    """A stack with a compact template, whose arguments are checked before the CDK is asked.

    Args:
        scope: The app, or a Stage.
        construct_id: Name of the stack on the command line.
        arguments: As for any stack.
        **chosen: What is chosen unless the arguments say otherwise.

    Raises:
        InvalidValueError: If CloudFormation or the CDK wouldn't take it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        arguments: Mapping[str, Any],
        **chosen: Any,  # noqa: ANN401 - whatever a stack takes
    ) -> None:
        # Compact templates: one with alarms and dashboard is a third smaller without indentation.
        given = {"suppress_template_indentation": True, **chosen, **{key: plain(one) for key, one in arguments.items()}}
        check_stack(self, given)
        # Of what the user gave the CDK doesn't say which it means; without it, it can be the id only.
        what = ", ".join(arguments) or "construct_id"
        with in_one_line(self, what, dict(arguments) or construct_id):
            super().__init__(scope, plain(construct_id), **given)


class EndpointStack(CheckedStack):
    """A stack for one endpoint, named like it unless the user chooses.

    Args:
        scope: The app, or a Stage.
        construct_id: Name of the stack on the command line.
        test: What is served and tested.
        arguments: As for any stack.

    Raises:
        InvalidValueError: If CloudFormation or the CDK wouldn't take it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, test: ShadowTest | ManagedShadowTest, arguments: Mapping[str, Any]
    ) -> None:
        check_place(self, scope, construct_id)
        check_given(self, "test", test, (ShadowTest, ManagedShadowTest), "be a ShadowTest(...)")
        name = (test.test if isinstance(test, ManagedShadowTest) else test).endpoint_name
        super().__init__(scope, construct_id, arguments, stack_name=name)
