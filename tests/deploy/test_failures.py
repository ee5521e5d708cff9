"""What goes wrong is said, and leaves what served before."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from rehearsal import seen
from tests.deploy.support import MODELS, Case, which_model


def test_fails_when_the_update_fails_and_the_shadow_test_keeps_running(case: Case) -> None:
    """A promotion that SageMaker rolls back fails the deployment with the reason, and changes nothing that serves."""
    case.deploy("shadow").check()
    before = case.serving()
    case.local.fault("failed-update", endpoint=case.name, reason="not enough capacity for ml.m5.xlarge")
    with case.traffic() as traffic:
        run = case.cdk.deploy("promotion")
        assert traffic.wait_for(20)
    assert run.exit_code != 0
    assert "not enough capacity for ml.m5.xlarge" in run.output
    after = case.serving()
    assert after.status == "InService"
    assert (after.models, after.weights) == (before.models, before.weights)
    assert traffic.tally.failures == []
    assert traffic.tally.count(which_model) == {"v1": traffic.tally.sent}

    # And the next attempt, without the fault, goes through.
    case.deploy("promotion").check()
    assert case.serving().models == {"production": before.models["shadow"]}


def test_fails_when_a_model_never_becomes_healthy_and_leaves_nothing(case: Case) -> None:
    """A first deployment whose model never answers fails, with SageMaker's reason, and cleans up after itself."""
    before = seen.inventory(case.local.client)
    case.local.fault("unhealthy", model_data=f"{MODELS}/v2/")
    run = case.deploy("shadow")
    assert run.exit_code != 0
    assert "did not pass the ping health check" in run.output
    assert seen.inventory(case.local.client) - before == set()
    with pytest.raises(ClientError, match="Could not find endpoint"):
        case.serving()
