"""Where stacks are deployed is asked for once, and each stack keeps its own answer."""

from __future__ import annotations

import aws_cdk as cdk

from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.values.tokens import is_token


def test_each_stack_has_its_own_place() -> None:
    """A stack whose region is known doesn't lend it to another, however often and in whatever order they are asked."""
    app = cdk.App()
    one = cdk.Stack(app, "One", env=cdk.Environment(account="111122223333", region="eu-central-1"))
    other = cdk.Stack(app, "Other", env=cdk.Environment(account="444455556666", region="us-east-1"))
    unknown = cdk.Stack(app, "Unknown")
    for _ in range(2):
        assert (place_of(one).region, place_of(one).account) == ("eu-central-1", "111122223333")
        assert (place_of(other).region, place_of(other).account) == ("us-east-1", "444455556666")
        assert is_token(place_of(unknown).region)
        assert is_token(place_of(unknown).account)


def test_pseudo_parameters_serve_every_app() -> None:
    """A pseudo parameter that an earlier app asked for is the right one in a later app too."""
    for name in ("first", "second"):
        stack = cdk.Stack(cdk.App(), name)
        assert stack.resolve(pseudo("PARTITION")) == {"Ref": "AWS::Partition"}
        assert stack.resolve(pseudo("STACK_NAME")) == {"Ref": "AWS::StackName"}
