"""A promotion needs the gate's PASS: on the real command line, by the guard's real function."""

from __future__ import annotations

import datetime
import time
from dataclasses import replace

from rehearsal.example import SHORT_POLICY
from rehearsal.stage import RATE
from rehearsal.sure import MODEL_MILLISECONDS, promote, send_until
from rehearsal.traffic import Traffic
from shadow_constructs import ShadowTest, Variant
from shadow_ops.aws import giving_reasons, reasons
from shadow_ops.contract.reasons import Reason
from shadow_ops.judge.verdict import Outcome
from tests.deploy.support import OVERRIDE, Case, CaseMaker, gated

TWO_HOURS = datetime.timedelta(hours=2)


def test_a_good_shadow_is_promoted_with_its_verdict_on_record(make_case: CaseMaker) -> None:
    """After enough traffic on two equally fast models the gate says PASS, and the promotion's record says so."""
    case = make_case(gated)
    case.deploy("shadow").check()
    case.take_time()
    _send_until(case, Outcome.PASS)
    promote(lambda: case.deploy("promotion"), lambda: _send_until(case, Outcome.PASS)).check()
    [entry] = case.history()
    assert (entry.kind, entry.from_version, entry.to_version, entry.undone) == ("promotion", "v1", "v2", None)
    assert entry.gate is not None
    assert entry.gate.startswith("PASS: all 4 deciding rules hold over ")
    assert entry.to_config == case.serving().config_name


def test_a_bad_shadow_is_refused_until_somebody_says_why(make_case: CaseMaker) -> None:
    """Too young, silent, then slow: each is refused with its reason and changes nothing; an override is recorded.

    What is on record lets nothing through once it has expired or was used, or if it was written for another candidate.
    """
    case = make_case(gated)
    case.deploy("shadow").check()
    before = case.serving()

    # Hosts may have reported already; requests there were none.
    _on_record(case, age=TWO_HOURS)
    output = _refused(case)
    assert "the gate says INCONCLUSIVE: no " in output
    assert "; the reason on record (arn:aws:iam::111122223333:user/ana) expired on " in output

    case.local.fault("unmirrored", endpoint=case.name)
    with case.traffic(rate=RATE):
        time.sleep(3)
    reasons.use(case.local.client("ssm"), case.name, _on_record(case), "another deployment")
    output = _refused(case)
    assert "no data of the shadow variant 'shadow'" in output
    assert "user/ana) has been used" in output
    case.local.clear_faults()

    case.take_time()
    case.local.fault("slow", endpoint=case.name, variant="shadow", milliseconds=5 * MODEL_MILLISECONDS)
    _send_until(case, Outcome.FAIL)
    _on_record(case, subject="another-candidate")
    output = _refused(case)
    assert "user/ana) was written for v2 while another config or model was on the endpoint" in output
    assert "the gate says FAIL: p50 latency" in output
    assert "test a better candidate" in output
    assert case.serving() == before
    assert case.history() == ()

    case.deploy("overridden").check()
    [entry] = case.history()
    assert entry.gate is not None
    assert entry.gate.startswith(f"overruled: {OVERRIDE} (FAIL: p50 latency")


def test_a_failing_shadow_is_refused(make_case: CaseMaker) -> None:
    """A shadow that fails a third of its copies isn't promoted; callers never saw one of its failures."""
    case = make_case(gated)
    case.deploy("shadow").check()
    case.local.fault("fail", endpoint=case.name, variant="shadow", share=0.33, status=500)
    traffic = _send_until(case, Outcome.FAIL)
    assert traffic.tally.failures == []
    assert "the gate says FAIL: Model errors" in _refused(case)


def test_only_what_is_being_tested_can_be_promoted(make_case: CaseMaker) -> None:
    """Another model than the one under test, or an endpoint without a test, is refused, whatever the names say."""
    case = make_case()

    def another(test: ShadowTest) -> ShadowTest:
        assert test.shadow is not None
        model = replace(test.shadow.model, version="v3")
        return replace(test, endpoint_name=case.name, shadow=Variant(model=model, hardware=test.shadow.hardware))

    case.deploy("shadow").check()
    before = case.serving()
    other = make_case(another)
    assert "isn't what is being tested" in " ".join(other.deploy("promotion").output.split())
    assert case.serving() == before

    case.deploy("promotion").check()
    output = " ".join(other.deploy("promotion").output.split())
    assert f"no shadow test is running on {case.name}" in output


def _send_until(case: Case, outcome: Outcome) -> Traffic:
    traffic = case.traffic(rate=RATE)
    send_until(case.local, traffic, case.name, SHORT_POLICY, outcome)
    return traffic


def _on_record(case: Case, *, age: datetime.timedelta = datetime.timedelta(0), subject: str | None = None) -> str:
    """Put a reason for this shadow on record that counts for an hour; its id."""
    config, at = case.serving().config_name, datetime.datetime.now(datetime.UTC) - age
    [shadow] = case.local.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)[
        "ShadowProductionVariants"
    ]
    reason = Reason(
        id=f"promotion-{at:%Y%m%dT%H%M%S%f}",
        purpose="promotion",
        text="the sale starts today",
        by="arn:aws:iam::111122223333:user/ana",
        at=at,
        expires=at + datetime.timedelta(hours=1),
        config=config,
        subject=subject or shadow["ModelName"],
        version="v2",
    )
    giving_reasons.put(case.local.client("ssm"), case.name, reason)
    return reason.id


def _refused(case: Case) -> str:
    """The words of a refused promotion."""
    run = case.deploy("promotion")
    assert run.exit_code != 0
    return " ".join(run.output.split())
