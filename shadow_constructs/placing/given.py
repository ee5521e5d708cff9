"""What constructs are given: checked before the CDK is asked, and its own complaints in one line of ours."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.values.checks import check_tags, check_text, checked_mapping
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.checks import plain
from shadow_ops.contract.problems import Problems, refuse

# CloudFormation User Guide, cfn-using-console-create-stack-parameters: what a stack may be called.
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_LONGEST_DESCRIPTION = 1024
_WRONG_TYPE = re.compile(r"type of argument (?P<what>\w+) must be (?P<kind>.+); got (?P<got>.+) instead")
_TAKEN = re.compile(r"There is already a Construct with name '(?P<id>[^']*)'")
# Of a value of the CDK's own, given as a dict.
_STRANGER = re.compile(r"(?P<kind>\w+)\.__init__\(\) got an unexpected keyword argument '(?P<what>\w+)'")


class Part(Construct):
    """A construct of this library; what it can't be made of is refused in one line.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.

    Attributes:
        stack: The stack that it is in.

    Raises:
        InvalidValueError: If the scope is none, isn't in a stack, or doesn't take the id.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        construct_id = plain(construct_id)
        check_place(self, scope, construct_id)
        self.stack = _stack_of(self, scope)
        with in_one_line(self, "construct_id", construct_id):
            super().__init__(scope, construct_id)


def check_place(made: object, scope: object, construct_id: object) -> None:
    """Refuse a scope that is none, and an id that can be nobody's.

    Args:
        made: The construct that is being made.
        scope: Given as its scope.
        construct_id: Given as its id.
    """
    subject = type(made).__name__
    if not isinstance(scope, Construct):
        refuse(subject, "scope", "be a construct, such as an app or a stack", scope, text=False)
    if not isinstance(construct_id, str) or not construct_id.strip():
        refuse(subject, "construct_id", "be text that names it in its scope", construct_id)
    if is_token(construct_id):
        refuse(subject, "construct_id", "be known at synth", construct_id, "give a literal, not a CDK token")


def _stack_of(made: Part, scope: Construct) -> cdk.Stack:
    # What is ours or a stack knows its stack: the CDK is asked about other constructs only.
    if isinstance(scope, cdk.Stack):
        return scope
    if isinstance(scope, Part):
        return scope.stack
    with in_one_line(made, "scope", type(scope).__name__):
        return cdk.Stack.of(scope)


@contextmanager
def in_one_line(made: object, what: str, got: object) -> Iterator[None]:
    """What the CDK refuses, as a line that says who was making what.

    Args:
        made: The construct that is being made.
        what: The argument that the CDK looks at.
        got: Its value.

    Raises:
        InvalidValueError: If the CDK refuses it.
    """
    try:
        yield
    # The CDK's errors are RuntimeErrors, and jsii's checks of types TypeErrors.
    except (RuntimeError, TypeError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        if isinstance(error, TypeError):
            found, stranger = _WRONG_TYPE.fullmatch(said[0]), _STRANGER.fullmatch(said[0])
            if stranger is not None:
                refuse(type(made).__name__, what, f"be what {stranger['kind']} takes", stranger["what"])
            if found is None:
                # Python's own words, such as of an argument that nobody knows.
                raise
            refuse(type(made).__name__, found["what"], f"be {found['kind']}", found["got"])
        taken = _TAKEN.match(said[0])
        if taken is not None:
            # Whatever else was given beside it.
            what, got = "construct_id", taken["id"]
        refuse(type(made).__name__, what, "be what the CDK takes", got, said[0])


def check_stack(made: cdk.Stack, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that no stack takes, and a name, a description and tags that CloudFormation wouldn't take.

    Args:
        made: The stack that is being made.
        arguments: What the stack is given.
    """
    known = list(inspect.signature(cdk.Stack.__init__).parameters)[3:]
    for stranger in (one for one in arguments if one not in known):
        near = difflib.get_close_matches(stranger, (*known, "test", "intent"), n=1)
        fix = f"did you mean {near[0]}?" if near else f"a stack takes {', '.join(known)}"
        refuse(type(made).__name__, stranger, "be left out: no stack takes it", arguments[stranger], fix)
    problems = Problems(type(made).__name__)
    if arguments.get("description") is not None:
        check_text(
            problems,
            "description",
            arguments["description"],
            pattern=re.compile(r".*", re.DOTALL),
            rule="be text",
            longest=_LONGEST_DESCRIPTION,
        )
    if arguments.get("tags") is not None:
        check_tags(problems, "tags", checked_mapping(problems, "tags", arguments["tags"]), rendered=False)
    problems.raise_if_any()
    name = arguments.get("stack_name")
    if name is not None and (not isinstance(name, str) or not _STACK_NAME.fullmatch(name)):
        must = "begin with a letter and be up to 128 letters, digits and hyphens"
        fix = "it is the endpoint's name by default; give both stacks of a test the same stack_name=..."
        refuse(type(made).__name__, "stack_name", must, name, fix)


def check_name(made: object, what: str, value: object) -> None:
    """Refuse what is no text; a token is one."""
    if not isinstance(value, str) or not value.strip():
        refuse(type(made).__name__, what, "be text", value)


def check_names(made: object, what: str, values: object) -> None:
    """Refuse what is no list of texts; tokens are texts."""
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        refuse(type(made).__name__, what, "be a list of text", values)


def check_given(made: object, what: str, value: object, kind: type | tuple[type, ...], must: str) -> None:
    """Refuse a value of another type than a construct renders.

    Args:
        made: The construct that is being made.
        what: The argument.
        value: Its value.
        kind: The type that it must have.
        must: The rule, continuing the sentence "'x' must ...".
    """
    if not isinstance(value, kind):
        refuse(type(made).__name__, what, must, value, text=False)
