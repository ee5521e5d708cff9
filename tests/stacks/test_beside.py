"""What may stand beside each other in one app; the rest is refused at synth, in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import aws_cdk as cdk
import pytest
from constructs import Construct

from shadow_constructs import (
    ComparisonDashboard,
    Dashboard,
    InvalidValueError,
    Network,
    Promotion,
    PromotionStack,
    Rollback,
    ShadowEndpoint,
    ShadowTest,
    ShadowTestStack,
)
from tests.constructs.rendering import IRELAND
from tests.stacks.rendering import churn, folded
from tests.values.samples import model, variant

Build = Callable[[cdk.App], object]
DUBLIN, OREGON = "eu-west-1", "us-west-2"


def env(account: str | None = None, region: str | None = None) -> cdk.Environment:
    """Where a stack is; None where the code doesn't say."""
    return cdk.Environment(account=account, region=region)


def pair(scope: Construct, test: ShadowTest) -> tuple[cdk.Stack, cdk.Stack]:
    """Both stacks of a test."""
    return ShadowTestStack(scope, "shadow", test=test), PromotionStack(scope, "promotion", test=test)


def by_hand(app: cdk.App, *, path: str = "Endpoint", stack_name: str = "churn") -> None:
    """A test by the library's stack, its promotion in a stack of the user's."""
    ShadowTestStack(app, "shadow", test=churn())
    stack = cdk.Stack(app, "mine", stack_name=stack_name)
    scope: Construct = stack
    *above, last = path.split("/")
    for one in above:
        scope = Construct(scope, one)
    ShadowEndpoint(scope, last, test=churn(), intent=Promotion())


def in_stages(app: cdk.App) -> None:
    """A pipeline's two stages: the test, and later its promotion."""
    ShadowTestStack(cdk.Stage(app, "Test"), "churn", test=churn())
    PromotionStack(cdk.Stage(app, "Promote"), "churn", test=churn())


def twice_in_a_stack(app: cdk.App) -> None:
    """One endpoint twice."""
    stack = cdk.Stack(app, "mine")
    for name in "AB":
        ShadowEndpoint(stack, name, test=churn())


def beside(
    app: cdk.App, test: ShadowTest, dashboard: Dashboard | None = None, where: cdk.Environment | None = IRELAND
) -> None:
    """A dashboard in the stack of churn's endpoint."""
    stack = ShadowTestStack(app, "a", test=churn(dashboard=test.dashboard), env=where)
    ComparisonDashboard(stack, "Mine", test=test, dashboard=dashboard)


def with_tokens(app: cdk.App) -> None:
    """A value is made twice by the same lines, whose tokens differ in their numbers."""

    def test() -> ShadowTest:
        subnets = [cdk.Token.as_string({"Ref": name}) for name in ("One", "Two")]
        network = Network(subnet_ids=subnets, security_group_ids=["sg-1"])
        return churn(shadow=variant(model=model("v2", network=network)))

    ShadowTestStack(app, "shadow", test=test())
    PromotionStack(app, "promotion", test=test())


ALLOWED: dict[str, Build] = {
    "a test and its promotion": lambda app: pair(app, churn()),
    "all of a test's life": lambda app: (
        pair(app, churn()),
        ShadowTestStack(app, "back", test=churn(), intent=Rollback("p99")),
        PromotionStack(app, "now", test=churn(), intent=Promotion(override_gate="the sale starts")),
        ShadowTestStack(app, "folded", test=folded(churn())),
    ),
    "values made twice, of tokens": with_tokens,
    "two endpoints": lambda app: [ShadowTestStack(app, name, test=churn(endpoint_name=name)) for name in "ab"],
    "two tests in two accounts": lambda app: (
        ShadowTestStack(app, "a", test=churn(), env=env("1" * 12, DUBLIN)),
        ShadowTestStack(app, "b", test=churn(sampling_percent=5), env=env("2" * 12, DUBLIN)),
    ),
    "two tests in two Regions of no known account": lambda app: (
        ShadowTestStack(app, "a", test=churn(), env=env(region=DUBLIN)),
        ShadowTestStack(app, "b", test=churn(sampling_percent=5), env=env(region=OREGON)),
    ),
    "a Stage each": in_stages,
    "the promotion by hand": by_hand,
    "deeper, in both": lambda app: [
        ShadowEndpoint(Construct(cdk.Stack(app, name, stack_name="ml"), "Api"), "Endpoint", test=churn(), intent=intent)
        for name, intent in (("shadow", None), ("promotion", Promotion()))
    ],
    "a dashboard with a name of its own beside an endpoint": lambda app: beside(app, churn(), Dashboard(name="mine")),
    "no dashboard beside an endpoint": lambda app: beside(app, churn(), Dashboard.off()),
    "two dashboards of one name in two accounts": lambda app: [
        ShadowTestStack(
            app, name, test=churn(endpoint_name=name, dashboard=Dashboard(name="ml")), env=env(12 * digit, DUBLIN)
        )
        for name, digit in (("a", "1"), ("b", "2"))
    ],
}

BOTH = "stack shadow has another test of that name"
OWN_NAME = "ComparisonDashboard: 'dashboard' must have a name of its own in the account"
REFUSED: dict[str, tuple[Build, str]] = {
    "both stacks in a Stage": (
        lambda app: pair(cdk.Stage(app, "Prod"), churn()),
        "ShadowEndpoint: 'scope' must be in another Stage than Prod/shadow, got 'Prod'; both are one stack in "
        "CloudFormation, and a Stage is deployed as a whole: give the promotion its own Stage",
    ),
    "both in a Stage in a Stage": (
        lambda app: pair(cdk.Stage(cdk.Stage(app, "Prod"), "Wave"), churn()),
        "ShadowEndpoint: 'scope' must be in another Stage than Prod/Wave/shadow, got 'Prod/Wave'; both are one stack "
        "in CloudFormation, and a Stage is deployed as a whole: give the promotion its own Stage",
    ),
    "two tests": (
        lambda app: (
            ShadowTestStack(app, "shadow", test=churn()),
            ShadowTestStack(app, "other", test=churn(sampling_percent=5)),
        ),
        "ShadowEndpoint: 'endpoint_name' must be of one test in an account and Region, got 'churn'; the stack "
        "shadow has another test of that name (sampling_percent differ): render the same value in both, give one "
        "another endpoint_name, or say in which account and Region each is (env=)",
    ),
    "another promotion than was tested": (
        lambda app: (
            ShadowTestStack(app, "shadow", test=churn()),
            PromotionStack(app, "promotion", test=churn(promote_on="shadow")),
        ),
        f"{BOTH} (promote_on differ)",
    ),
    "two tests, one known place": (
        lambda app: (
            ShadowTestStack(app, "shadow", test=churn(), env=env("1" * 12, DUBLIN)),
            ShadowTestStack(app, "other", test=churn(sampling_percent=5)),
        ),
        BOTH,
    ),
    "names that differ in case": (
        lambda app: (
            ShadowTestStack(app, "shadow", test=churn()),
            ShadowTestStack(app, "other", test=churn(endpoint_name="Churn")),
        ),
        f"{BOTH} ('churn', which differs only by case)",
    ),
    "one test twice in a stack": (
        twice_in_a_stack,
        "ShadowEndpoint: 'endpoint_name' must be one endpoint's in a stack, got 'churn'; A has it already",
    ),
    "another stack name": (
        lambda app: by_hand(app, stack_name="mine"),
        "ShadowEndpoint: 'stack_name' must be that of shadow, 'churn', got 'mine'; a promotion updates the stack of "
        "its test: give both the same stack_name=",
    ),
    "the CDK's stack names": (
        lambda app: (
            ShadowTestStack(app, "shadow", test=churn(), stack_name=None),
            PromotionStack(app, "promotion", test=churn(), stack_name=None),
        ),
        "'stack_name' must be that of shadow, 'shadow', got 'promotion'",
    ),
    "another id": (
        lambda app: by_hand(app, path="Promoted"),
        "ShadowEndpoint: 'construct_id' must make the path that the endpoint has in shadow, 'Endpoint', got "
        "'Promoted'; CloudFormation would replace what serves: keep the ids above the endpoint the same in both stacks",
    ),
    "the same id, deeper": (lambda app: by_hand(app, path="Api/Endpoint"), "'Endpoint', got 'Api/Endpoint'"),
    "two dashboards of one name": (
        lambda app: [
            ShadowTestStack(
                app, name, test=churn(endpoint_name=name, dashboard=Dashboard(name="ml")), env=env("1" * 12, region)
            )
            for name, region in (("a", DUBLIN), ("b", OREGON))
        ],
        f"{OWN_NAME}, got 'ml'; a/Endpoint/Dashboard has it",
    ),
    "a dashboard of its test beside an endpoint": (
        lambda app: beside(app, churn()),
        f"{OWN_NAME}, got 'churn-shadow-test-eu-west-1'; a/Endpoint/Dashboard has it: give one another, Dashboard(name",
    ),
    "a name that is another's by default": (
        lambda app: beside(app, churn(endpoint_name="other"), Dashboard(name="churn-shadow-test-eu-west-1")),
        f"{OWN_NAME}, got 'churn-shadow-test-eu-west-1'; a/Endpoint/Dashboard has it",
    ),
    "the name of the endpoint's own dashboard": (
        lambda app: beside(app, churn(dashboard=Dashboard(name="ml")), Dashboard(name="ml")),
        f"{OWN_NAME}, got 'ml'; a/Endpoint/Dashboard has it",
    ),
    "a dashboard in a stack for any Region": (
        lambda app: beside(app, churn(), where=None),
        OWN_NAME,
    ),
    "two dashboards alone": (
        lambda app: [
            ComparisonDashboard(cdk.Stack(app, name, env=env("1" * 12, DUBLIN)), "D", test=churn()) for name in "ab"
        ],
        f"{OWN_NAME}, got 'churn-shadow-test-eu-west-1'; a/D has it",
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_belongs_together_is_synthesized(case: str) -> None:
    """A test, its promotion, its rollback and its fold are one stack; other names and places are nobody's business."""
    app = cdk.App()
    ALLOWED[case](app)

    app.synth()


@pytest.mark.parametrize("case", REFUSED)
def test_fails_where_two_stacks_would_meet_in_the_account(case: str) -> None:
    """In one line that says which other stack it is, and what to do."""
    build, line = REFUSED[case]

    with pytest.raises(InvalidValueError) as refused:
        build(cdk.App())
    assert line in str(refused.value)
    assert len(refused.value.problems) == 1


def test_two_apps_know_nothing_of_each_other() -> None:
    """Tests and tools make many apps in one process."""
    for percent in (5, 50):
        pair(cdk.App(), churn(sampling_percent=percent))


def test_a_test_that_was_changed_is_another() -> None:
    """Any field makes it so: what is promoted must be what was tested, to the word."""
    changed = replace(churn(), tags={"team": "other"})
    app = cdk.App()
    ShadowTestStack(app, "shadow", test=churn())

    with pytest.raises(InvalidValueError, match="tags differ"):
        PromotionStack(app, "promotion", test=changed)
