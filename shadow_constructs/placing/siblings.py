"""Which endpoints may stand beside each other in one app: a test and its promotion, and nobody else's of that name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import NoReturn
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import IConstruct, Node

from shadow_constructs.placing.exports import ExportsOfBoth
from shadow_constructs.placing.place import Place, place_of
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse

_TOKEN = re.compile(r"[$#]\{Token\[[^\]]*\]\}")


@dataclass(frozen=True)
class Spot:
    """Where one endpoint stands.

    Attributes:
        test: What it renders, as the user gave it.
        place: Account and Region.
        stage: Path of the `cdk.Stage` that deploys it; empty for the app itself.
        stack: Path of its (outermost) stack.
        stack_name: Name of that stack in CloudFormation.
        path: Its own path within that stack, which its logical ids are made of.
    """

    test: ShadowTest
    place: Place
    stage: str
    stack: str
    stack_name: str
    path: str


@dataclass(frozen=True)
class _App:
    """What is known of one app.

    Attributes:
        spots: Its endpoints, by names that have to be theirs alone.
        stacks: Its stacks, by the names of the endpoints in them.
    """

    spots: dict[str, list[Spot]]
    stacks: dict[str, list[cdk.Stack]]


_APPS: WeakKeyDictionary[IConstruct, _App] = WeakKeyDictionary()
# Where each endpoint stands, and in which app.
_SPOTS: WeakKeyDictionary[IConstruct, tuple[Spot, IConstruct]] = WeakKeyDictionary()
# The managed tests of an app, by their endpoints' names.
_MANAGED: WeakKeyDictionary[IConstruct, dict[str, list[Spot]]] = WeakKeyDictionary()


def check_siblings(endpoint: IConstruct, node: Node, test: ShadowTest) -> IConstruct:
    """Refuse an endpoint that can't be deployed beside those that the app has already.

    Args:
        endpoint: The endpoint that is being made.
        node: Its node.
        test: What it renders, as the user gave it.

    Returns:
        The app.

    Raises:
        InvalidValueError: If another endpoint of the app has its name in what may be the same account and Region, and
            isn't the same test or its promotion in the same stack of CloudFormation, or is in the same Stage.
    """
    spot, stack, root = _spot(node, test)
    app = _app(root)
    _SPOTS[endpoint] = spot, root
    known = app.spots
    # API operation CreateEndpoint: names are unique whatever their case.
    name = f"endpoint {test.endpoint_name.lower()}"
    for other in known.get(name, ()):
        if not _apart(spot.place.account, other.place.account) and not _apart(spot.place.region, other.place.region):
            _check_endpoint(spot, other)
    known.setdefault(name, []).append(spot)
    app.stacks.setdefault(f"{spot.stack_name} {spot.place} {name}", []).append(stack)
    return root


def check_dashboard(scope: IConstruct, dashboard: IConstruct, construct_id: str, test: ShadowTest, name: str) -> None:
    """Refuse a dashboard with the name of another one that may be of the same account.

    Args:
        scope: Where it is made.
        dashboard: The dashboard that is being made.
        construct_id: Its id.
        test: What it shows.
        name: Its name, with the Region where that is known.

    Raises:
        InvalidValueError: If the app has another one, which isn't the same of a test and its promotion.
    """
    # Of an endpoint it is known where it is; of a dashboard alone the CDK is asked.
    found = _SPOTS.get(scope)
    if found is None:
        spot, _, root = _spot(dashboard.node, test)
    else:
        spot, root = replace(found[0], path=f"{found[0].path}/{construct_id}"), found[1]
    known = _app(root).spots.setdefault(f"dashboard {name}", [])
    for other in known:
        # An account has one list of dashboards for all its Regions.
        same = (spot.stack_name, spot.path) == (other.stack_name, other.path) and spot.stack != other.stack
        if not same and not _apart(spot.place.account, other.place.account):
            fix = f"{other.stack}/{other.path} has it: give one another, Dashboard(name=...)"
            refuse("ComparisonDashboard", "dashboard", "have a name of its own in the account", name, fix)
    known.append(spot)


def _app(root: IConstruct) -> _App:
    found = _APPS.get(root)
    if found is None:
        found = _APPS[root] = _App({}, {})
        root.node.add_validation(ExportsOfBoth(found.stacks.values()))
    return found


def check_managed_siblings(node: Node, test: ShadowTest) -> None:
    """Refuse a managed test on an endpoint that another stack of the app has a managed test on.

    Args:
        node: Of the managed test that is being made.
        test: What it tests.

    Raises:
        InvalidValueError: If both may be in one account and Region: SageMaker takes one test at a time, and what is
            said of an endpoint's test has one place.
    """
    spot, _, root = _spot(node, test)
    found = _MANAGED.setdefault(root, {}).setdefault(test.endpoint_name.lower(), [])
    for other in found:
        apart = any(_apart(getattr(spot.place, one), getattr(other.place, one)) for one in ("account", "region"))
        if not apart and other.stack_name != spot.stack_name:
            fix = (
                f"the stack {other.stack} has one: change its value, or say in which account and Region each is (env=)"
            )
            refuse("ManagedShadowTestStack", "managed", "be the endpoint's only managed test", test.endpoint_name, fix)
    found.append(spot)


def _check_endpoint(new: Spot, old: Spot) -> None:
    name = new.test.endpoint_name
    if new.stack == old.stack:
        _refuse("endpoint_name", "be one endpoint's in a stack", name, f"{old.path} has it already")
    if not _of_one_life(new.test, old.test):
        # Without a difference they are of different classes.
        differ = _differences(new.test, old.test) or [type(one.test).__name__ for one in (old, new)]
        other = f"{', '.join(differ)} differ"
        if name != old.test.endpoint_name:
            # SageMaker tells no names apart by their case.
            other = f"{old.test.endpoint_name!r}, which differs only by case"
        fix = (
            f"the stack {old.stack} has another test of that name ({other}): render the same value in both, "
            "give one another endpoint_name, or say in which account and Region each is (env=)"
        )
        _refuse("endpoint_name", "be of one test in an account and Region", name, fix)
    if new.stack_name != old.stack_name:
        fix = "a promotion updates the stack of its test: give both the same stack_name="
        _refuse("stack_name", f"be that of {old.stack}, {old.stack_name!r}", new.stack_name, fix)
    if new.path != old.path:
        fix = "CloudFormation would replace what serves: keep the ids above the endpoint the same in both stacks"
        _refuse("construct_id", f"make the path that the endpoint has in {old.stack}, {old.path!r}", new.path, fix)
    if new.stage and new.stage == old.stage:
        fix = (
            "both are one stack in CloudFormation, and a Stage is deployed as a whole: give the promotion its own Stage"
        )
        _refuse("scope", f"be in another Stage than {old.stack}", new.stage, fix)


def _spot(node: Node, test: ShadowTest) -> tuple[Spot, cdk.Stack, IConstruct]:
    scopes, ids = node.scopes, node.path.split("/")
    # The root has no id, so the path has one part less than there are scopes.
    above = [at for at, scope in enumerate(scopes) if isinstance(scope, cdk.Stage) and at > 0]
    # A pipeline's Stages stand in the pipeline's own stack, which isn't the endpoint's.
    below = above[-1] if above else 0
    [first, *_] = [at for at, scope in enumerate(scopes) if isinstance(scope, cdk.Stack) and at > below]
    stack = scopes[first]
    assert isinstance(stack, cdk.Stack)
    spot = Spot(
        test=test,
        place=place_of(stack),
        stage="/".join(ids[: above[-1]]) if above else "",
        stack="/".join(ids[:first]),
        stack_name=stack.stack_name,
        path="/".join(ids[first:]),
    )
    return spot, stack, scopes[0]


def _apart(one: str, other: str) -> bool:
    """Whether two accounts, or two Regions, are known to differ."""
    return one != other and not is_token(one) and not is_token(other)


def _of_one_life(one: ShadowTest, other: ShadowTest) -> bool:
    """Whether two values are one test, or one of them what the other is after its promotion."""
    return any(_alike(a, b) for a, b in ((one, other), *_promotions(one, other), *_promotions(other, one)))


def _promotions(one: ShadowTest, other: ShadowTest) -> Iterator[tuple[ShadowTest, ShadowTest]]:
    if one.shadow is not None and other.shadow is None:
        yield one.promoted(), other


def _alike(one: ShadowTest, other: ShadowTest) -> bool:
    # A token's text counts up: two values made by the same lines of code differ in it.
    return one == other or _TOKEN.sub("<token>", repr(one)) == _TOKEN.sub("<token>", repr(other))


def _differences(one: ShadowTest, other: ShadowTest) -> list[str]:
    names = [field.name for field in fields(ShadowTest)]
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _refuse(what: str, must: str, got: object, fix: str) -> NoReturn:
    refuse("ShadowEndpoint", what, must, got, fix)
