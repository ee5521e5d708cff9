"""A shadow test runs: who answers, who gets copies, what is recorded."""

from __future__ import annotations

import pytest

from rehearsal import seen
from rehearsal.traffic import Tally
from tests.deploy.support import Case, which_model

REQUESTS = 300


@pytest.fixture(scope="module")
def tally(running: Case) -> Tally:
    """Three hundred requests, answered, and recorded for both variants."""
    answered = running.traffic().send(REQUESTS)
    records, cloudwatch = running.outputs()["CapturedData"], running.local.client("cloudwatch")

    def arrived() -> bool:
        captured = seen.captured(running.local.client("s3"), records)
        copies = seen.measured(cloudwatch, running.name, "shadow").invocations
        return len(captured.get("production", [])) >= REQUESTS and 0 < copies == len(captured.get("shadow", []))

    seen.until("the records have arrived", 30, arrived)
    return answered


def test_only_production_answers(tally: Tally) -> None:
    """Every answer a caller gets is production's, by the header and by the model's own words."""
    assert tally.failures == []
    assert tally.count(lambda answer: answer.variant) == {"production": REQUESTS}
    assert tally.count(which_model) == {"v1": REQUESTS}


def test_the_shadow_gets_its_share(running: Case, tally: Tally) -> None:
    """At 50 percent, about half of the requests are copied to the shadow, and CloudWatch counts them."""
    cloudwatch = running.local.client("cloudwatch")
    production, shadow = (seen.measured(cloudwatch, running.name, name) for name in ("production", "shadow"))
    assert production.invocations == tally.sent
    assert 0.35 < shadow.invocations / tally.sent < 0.65
    assert production.latency_ms is not None
    assert shadow.latency_ms is not None


def test_both_variants_are_captured(running: Case, tally: Tally) -> None:
    """Requests and answers of both variants lie in S3, and join by the caller's InferenceId."""
    records = seen.captured(running.local.client("s3"), running.outputs()["CapturedData"])
    joined = seen.pairs(records, "production", "shadow")
    assert {record.inference_id for record in records["production"]} == {one.inference_id for one in tally.answers}
    assert len(joined) == len(records["shadow"])
    for production, shadow in joined:
        assert production.request == shadow.request
        assert production.response == f"v1 says hello to {production.request}"
        assert shadow.response == f"v2 says hello to {shadow.request}"


def test_outputs_say_what_runs(running: Case) -> None:
    """The stack's outputs name the endpoint config that serves, and both models."""
    outputs = running.outputs()
    assert outputs["EndpointConfigName"] == running.serving().config_name
    assert (outputs["ProductionModel"], outputs["ShadowModel"]) == ("v1", "v2")
    assert outputs["SamplingPercent"] == "50"


def test_the_diff_of_a_promotion_shows_the_swap(running: Case) -> None:
    """Cdk diff names the config that is replaced, the shadow that goes, and the model that goes; it changes nothing."""
    before = running.serving()
    output = running.cdk.diff("promotion").check().output
    assert "[~] AWS::SageMaker::EndpointConfig" in output
    assert "ShadowProductionVariants" in output
    assert "[-] AWS::SageMaker::Model" in output
    assert running.serving() == before
