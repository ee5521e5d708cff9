"""SageMaker's own shadow tests of endpoints from elsewhere, begun by the console or by a stack."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import aws_cdk as cdk

from rehearsal import seen
from rehearsal.example import SHORT_POLICY
from rehearsal.schedule import Schedule
from rehearsal.sure import send_until, take_time
from shadow_constructs import (
    Capture,
    ManagedShadowTest,
    ManagedShadowTestStack,
    Model,
    Variant,
)
from shadow_ops.aws import parameters
from shadow_ops.contract.managed import ramp_name
from shadow_ops.judge.verdict import Outcome
from tests.deploy.managed import PATIENCE_SECONDS, SCALING, Place, in_an_hour
from tests.deploy.support import CAPTURES, which_model


def test_a_consoles_test_is_promoted_by_the_gate_without_a_failed_request(place: Place) -> None:
    """Undecided it is refused; passed it is promoted under traffic, scaling goes along, and again changes nothing."""
    place.elsewhere(scales=True)
    place.console()
    before = (place.serving(), place.scaling())
    refused = place.conclude("promote")
    assert (refused.returncode, (place.serving(), place.scaling())) == (3, before)
    assert "is not promoted: the gate says INCONCLUSIVE" in refused.stderr

    take_time(place.local, place.name, "AllTraffic", "candidate")
    send_until(place.local, place.traffic("before"), place.name, SHORT_POLICY, Outcome.PASS)
    with place.traffic("during") as traffic:
        assert traffic.wait_for(20)
        # What the gate says of the last second may differ from what it said of all before it.
        done = next(one for one in (place.conclude("promote") for _ in range(10)) if one.returncode != 3)
        assert done.returncode == 0, done.stderr
        assert traffic.wait_for(traffic.tally.sent + 20)
    assert traffic.tally.failures == []
    assert set(traffic.tally.count(which_model)) == {"v1", "v2"}
    assert place.serving() == {"candidate": "v2"}
    assert place.scaling() == {"candidate": SCALING}
    assert "its variant is named candidate now" in done.stdout
    assert place.experiment()["Status"] == "Completed"

    again = place.conclude("promote")
    assert (again.returncode, place.serving()) == (0, {"candidate": "v2"})


def test_a_removed_shadow_is_gone_and_after_the_scheduled_end_an_update_promotes(place: Place) -> None:
    """No new config for another share; removed or ended nothing is promoted; by a reason then, under the same name."""
    place.elsewhere(scales=True)
    place.console()
    config = place.sagemaker.describe_endpoint(EndpointName=place.name)["EndpointConfigName"]
    assert "before it was 100 %" in place.done("sampling", place.name, "25")
    described = place.sagemaker.describe_endpoint(EndpointName=place.name)
    assert described["EndpointConfigName"] == config
    assert described["ShadowProductionVariants"][0]["CurrentWeight"] == 0.25
    refused = place.run("sampling", place.name, "--ramp", "1,5", "--every", "6h")
    assert (refused.returncode, "nothing would carry a ramp out" in refused.stderr) == (1, True)
    place.done("conclude", place.name, "remove", "--reason", "v3 is better")
    assert (place.serving(), place.scaling()) == ({"AllTraffic": "v1"}, {"AllTraffic": SCALING})

    place.console(Schedule=in_an_hour(seconds=30))
    place.reach("Completed")
    assert place.serving() == {"AllTraffic": "v1"}
    done = place.conclude("promote", "--reason", "the figures were looked at by hand")
    assert done.returncode == 0, done.stderr
    assert (place.serving(), place.scaling()) == ({"AllTraffic": "v2"}, {"AllTraffic": SCALING})


def test_an_endpoint_from_elsewhere_is_tested_by_a_ramp_and_promoted_with_its_scaling(place: Place) -> None:
    """Its stack, gone midway, leaves no shadow; the next one's share rises after a look; a promotion keeps scaling."""
    place.elsewhere(scales=True)
    production = Variant(
        Model(version="v1", model_name=f"{place.name}-v1"), place.test.production.hardware, "AllTraffic"
    )
    test = replace(place.test, production=production, capture=Capture(bucket=CAPTURES))

    def add(app: cdk.App) -> None:
        ManagedShadowTestStack(app, place.stack, managed=ManagedShadowTest(test=test, days=1))

    place.deploy(add, place.stack).check()
    assert place.serving() == {"AllTraffic": "v1", "shadow": "(v2)"}
    schedule = place.experiment()["Schedule"]
    assert (schedule["EndTime"] - schedule["StartTime"]).total_seconds() == 24 * 3600
    [row] = [one for one in json.loads(place.run("list", "--format", "json").stdout) if one["endpoint"] == place.name]
    assert (row["phase"], row["production_version"], row["shadow_version"]) == ("shadow test", "v1", "v2")
    assert row["managed"]["status"] == "Running"
    place.command.with_app(str(place.assembly(add))).destroy(place.stack).check()
    assert (place.serving(), place.experiment()["Status"]) == ({"AllTraffic": "v1"}, "Cancelled")

    place.deploy(add, place.stack).check()
    assert "the ramp goes on by itself" in place.done("sampling", place.name, "--ramp", "5,25,50", "--every", "15m")
    assert place.share() == 5
    ssm = place.local.client("ssm")
    asked = parameters.read(ssm, ramp_name(place.name))
    assert asked is not None
    # A quarter of an hour is a moment here.
    parameters.write(ssm, ramp_name(place.name), {**asked, "every_seconds": 0})
    watch = Schedule(place.local, place.stack)
    for percent in (25, 50):
        watch.comes()
        seen.until(f"{percent} % are copied", PATIENCE_SECONDS, lambda: place.share() >= percent)  # noqa: B023 - called at once
    assert "ramp: 5, 25, 50 %" in place.done("status", place.name)
    judged = place.run("gate", place.name, "--format", "json")
    assert judged.returncode in (0, 3, 4), judged.stderr

    done = place.conclude("promote", "--reason", "looked at by hand")
    assert done.returncode == 0, done.stderr
    assert (place.serving(), place.scaling()) == ({"shadow": "v2"}, {"shadow": SCALING})
    place.destroy(add, place.stack)
    assert (place.serving(), place.scaling()) == ({"shadow": "v2"}, {"shadow": SCALING})


def test_a_test_that_the_template_has_itself_changes_by_it_and_leaves_no_shadow(place: Place) -> None:
    """Another share goes through, another model is refused while it runs, and its end is as of any other."""
    place.elsewhere()
    production = Variant(
        Model(version="v1", model_name=f"{place.name}-v1"), place.test.production.hardware, "AllTraffic"
    )
    starts = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=30)).replace(microsecond=0)
    first = ManagedShadowTest(test=replace(place.test, production=production), days=20, starts=starts, native=True)

    def deploy(managed: ManagedShadowTest) -> str:
        run = place.deploy(lambda app: ManagedShadowTestStack(app, place.stack, managed=managed), place.stack)
        return f"{run.exit_code} {' '.join(run.output.split())}"

    assert deploy(first).startswith("0 ")
    place.reach("Running")
    assert place.serving() == {"AllTraffic": "v1", "shadow": "(v2)"}
    fewer = replace(first, test=replace(first.test, sampling_percent=10))
    assert deploy(fewer).startswith("0 ")
    assert place.share() == 10
    more = replace(fewer, test=replace(fewer.test, shadow=replace(first.shadow, hardware=production.hardware)))
    assert "can't become another one; conclude it first" in deploy(more)
    assert (place.share(), len(place.experiments())) == (10, 1)
    place.destroy(lambda app: ManagedShadowTestStack(app, place.stack, managed=fewer), place.stack)
    assert (place.serving(), place.experiment()["Status"]) == ({"AllTraffic": "v1"}, "Cancelled")
