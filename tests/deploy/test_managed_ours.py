"""SageMaker's own shadow tests of endpoints of ours, for real: concluded, promoted, gone with their stack."""

from __future__ import annotations

import datetime
from dataclasses import replace

import aws_cdk as cdk

from rehearsal.example import SHORT_POLICY
from rehearsal.sure import send_until, take_time
from shadow_constructs import (
    Hardware,
    ManagedShadowTest,
    ManagedShadowTestStack,
    PromotionStack,
    Scaling,
    ShadowTestStack,
)
from shadow_ops.aws.history import history
from shadow_ops.judge.verdict import Outcome
from tests.deploy.managed import Place
from tests.deploy.support import folded, which_model

WITHOUT = {"production": "v1"}
TESTED = {"production": "v1", "shadow": "(v2)"}


def of_ours(place: Place, app: cdk.App, managed: ManagedShadowTest) -> None:
    """The endpoint's stack and the test's."""
    endpoint = ShadowTestStack(app, "shadow", test=managed).endpoint
    ManagedShadowTestStack(app, place.stack, managed=managed, endpoint=endpoint)


def test_an_endpoint_of_ours_is_tested_by_sagemaker_and_promoted_by_its_stack(place: Place) -> None:
    """Begun, looked at, an update refused meanwhile, concluded by the gate, promoted under traffic, folded, gone."""
    value = ManagedShadowTest(test=place.test)
    # The command line deploys the endpoint's stack first, because the test's depends on it.
    assembly = place.assembly(lambda app: of_ours(place, app, value))
    place.command.with_app(str(assembly)).deploy(place.stack).check()
    assert place.serving() == TESTED
    looked = place.done("status", place.name)
    assert "copies 100 % of the requests until" in looked
    assert "the code says" not in looked

    bigger = replace(place.test.production, scaling=Scaling(max_count=4, invocations_per_instance=600))
    changed = replace(value, test=replace(place.test, production=bigger))
    refused = place.deploy(lambda app: of_ours(place, app, changed), "shadow")
    assert "a managed test runs on" in " ".join(refused.output.split())
    assert place.serving() == TESTED

    take_time(place.local, place.name, *TESTED)
    send_until(place.local, place.traffic("before"), place.name, SHORT_POLICY, Outcome.PASS)
    with place.traffic("during") as traffic:
        assert traffic.wait_for(20)
        commands = (place.run("conclude", place.name, "promote") for _ in range(10))
        done = next(one for one in commands if one.returncode != 3)
        assert done.returncode == 0, done.stderr
        assert place.serving() == WITHOUT
        place.deploy(lambda app: PromotionStack(app, "promotion", test=place.test), "promotion").check()
        assert traffic.wait_for(20)
        place.deploy(lambda app: ShadowTestStack(app, "folded", test=folded(place.test)), "folded").check()
    assert traffic.tally.failures == []
    assert set(traffic.tally.count(which_model)) == {"v1", "v2"}
    assert place.serving() == {"production": "v2"}
    [entry] = history(place.local.client("ssm"), place.name)
    assert (entry.gate or "").startswith("managed test ")
    place.destroy(lambda app: of_ours(place, app, value), place.stack)
    assert place.serving() == {"production": "v2"}


def test_a_test_on_an_endpoint_of_ours_ends_in_every_other_way_without_a_trace(place: Place) -> None:
    """Cancelled before its start, removed, ended by its schedule, and gone with its stack: production serves alone."""
    later = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=20)).replace(microsecond=0)
    scheduled = ManagedShadowTest(test=place.test, starts=later)
    place.deploy(lambda app: of_ours(place, app, scheduled), "shadow").check()
    place.deploy(lambda app: of_ours(place, app, scheduled), place.stack).check()
    assert "to call it off" in place.done("status", place.name)
    more = replace(place.test.production, hardware=Hardware("ml.m5.xlarge", count=3))
    grown = replace(scheduled, test=replace(place.test, production=more))
    refused = place.deploy(lambda app: of_ours(place, app, grown), "shadow")
    assert "an update would be undone by it" in " ".join(refused.output.split())
    v3 = replace(place.test.shadow, model=replace(place.test.shadow.model, version="v3"))  # type: ignore[type-var, union-attr] # it has one
    other = replace(scheduled, test=replace(place.test, shadow=v3))
    refused = place.deploy(lambda app: of_ours(place, app, other), place.stack)
    assert "was deployed with v1 and v2, and the code compares v1 and v3" in " ".join(refused.output.split())
    assert "was deleted before it began" in place.done("conclude", place.name, "cancel")
    assert (place.experiments(), place.serving()) == ([], WITHOUT)
    place.destroy(lambda app: of_ours(place, app, scheduled), place.stack)

    usual = ManagedShadowTest(test=place.test)
    place.deploy(lambda app: of_ours(place, app, usual), place.stack).check()
    place.retain()
    assert place.serving() == TESTED
    assert "its shadow was retained" in place.done("status", place.name)
    place.done("conclude", place.name, "remove")
    assert (place.experiment()["Status"], place.serving()) == ("Completed", WITHOUT)
    place.destroy(lambda app: of_ours(place, app, usual), place.stack)

    # Three hours are twenty seconds here: longer than the function waits between two looks.
    short = ManagedShadowTest(test=place.test, duration=datetime.timedelta(hours=3))
    place.deploy(lambda app: of_ours(place, app, short), place.stack).check()
    place.reach("Completed")
    assert place.serving() == WITHOUT
    assert f"to promote its candidate: shadow-test conclude {place.name} promote" in place.done("status", place.name)
    place.destroy(lambda app: of_ours(place, app, short), place.stack)

    place.deploy(lambda app: of_ours(place, app, usual), place.stack).check()
    assert place.serving() == TESTED
    place.destroy(lambda app: of_ours(place, app, usual), place.stack)
    assert (place.experiment()["Status"], place.serving()) == ("Cancelled", WITHOUT)
