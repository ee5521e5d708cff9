"""The gate over a managed test: the same judge, over the config that SageMaker made for the run."""

from __future__ import annotations

import datetime
from typing import Any

from shadow_ops.aws import endpoint as endpoints
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.judge import choose_period
from shadow_ops.judge.live import known_instances
from shadow_ops.judge.noted import judge_aloud
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.metric_source import Subject, record
from shadow_ops.measure.recording import Recording


def judge_experiment(
    services: Any,  # noqa: ANN401 - holds boto3 clients
    experiment: Experiment,
    policy: GatePolicy,
    promoted: Instances,
    now: datetime.datetime,
) -> tuple[Recording, Verdict]:
    """Judge a managed test that runs, or that is over.

    Args:
        services: Holds the clients of CloudWatch and SageMaker.
        experiment: The test.
        policy: What must hold.
        promoted: What the shadow's model would serve on.
        now: The time.

    Raises:
        CannotTellError: If it never ran.
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If a call is refused.
    """
    if experiment.config is None:
        raise CannotTellError(f"{experiment.name} hasn't run: there is nothing to judge")
    end = now if experiment.completed is None else min(now, experiment.completed)
    subject = Subject(
        endpoint=experiment.endpoint,
        production_variant=experiment.production.name,
        shadow_variant=experiment.shadow.name,
        sampling_percent=experiment.sampling_percent,
        production=_known(experiment.production.instances),
        shadow=_known(experiment.shadow.instances),
        promoted=_known(promoted),
        config=experiment.config,
    )
    since = endpoints.describe_config(services.sagemaker, experiment.config).created
    if not experiment.over:
        # Another share begins the measurement anew: half of the copies are neither lost nor doubled by it.
        since = max(since, experiment.modified)
    recording = record(services.cloudwatch, subject, policy, since=since, now=end, choose=choose_period)
    return recording, judge_aloud(recording, policy)


def _known(instances: Instances) -> Instances:
    return known_instances(instances.instance_type, instances.count)
