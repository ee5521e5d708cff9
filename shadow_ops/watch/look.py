"""Look at one endpoint: read, judge, decide, then keep, publish and tell."""

from __future__ import annotations

import datetime
import json
import logging
from dataclasses import dataclass

from shadow_ops.aws import looks, parameters, reasons
from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint, describe
from shadow_ops.contract.catalogue import OWN_NAMESPACE
from shadow_ops.contract.declared import Declared, managed_name, settings_name
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.watched import DETAIL_TYPE, SOURCE, Watched
from shadow_ops.judge.live import judge_live
from shadow_ops.managed import ramp
from shadow_ops.managed.said import of_what_serves
from shadow_ops.watch.answers import publish_answers
from shadow_ops.watch.decide import Course, Notice, Seen, decide
from shadow_ops.watch.ended import of_gone, of_the_end
from shadow_ops.watch.tell import Teller

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clients:
    """The services, boto3's clients.

    Attributes:
        sagemaker: What serves.
        cloudwatch: Metrics to judge by, and to publish.
        ssm: Settings, the latest look, what was told.
        events: EventBridge.
        sns: People.
        s3: Captured answers.
    """

    sagemaker: Client
    cloudwatch: Client
    ssm: Client
    events: Client
    sns: Client
    s3: Client


class NotPutError(Exception):
    """EventBridge took a call, and not the event in it."""


def look(clients: Clients, watched: Watched, now: datetime.datetime) -> Course | None:
    """Look at one endpoint.

    Returns:
        What followed. None if nothing is tested there, or another config serves than the stack says: an update is
        under way, or was made by hand.

    Raises:
        InvalidValueError: If what the stack says can't be read.
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If a call is refused.
        NotPutError: If EventBridge didn't take the event.
    """
    live, said = describe(clients.sagemaker, watched.endpoint), _declared(clients.ssm, watched)
    if watched.managed and said is not None and live is None:
        _tell(clients, watched, of_gone(clients.sagemaker, said), now)
    elif watched.managed and said is not None and live is not None:
        word = of_what_serves(clients.sagemaker, live, None, said)
        _tell(clients, watched, of_the_end(clients.ssm, word), now)
        live, said = word.live, word.declared
    if live is None or live.shadow is None or said is None or said.policy is None or said.config != live.config.name:
        LOG.info("%s: nothing to watch", watched.endpoint)
        return None
    recording, verdict = judge_live(clients, live, said.policy, said.promoted, now)
    seen = Seen(
        config=live.config.name,
        created=live.began,
        version="the shadow" if said.shadow is None else said.shadow.version,
        instances=_instances(live),
        verdict=verdict.outcome,
        reason=verdict.reason,
        requests=round(sum(one.shadow.numbers.get("Invocations", 0) for one in recording.periods)),
        now=now,
        ramp=_ramp(clients.ssm, live) if watched.managed else None,
        override=_override(clients.ssm, live, now),
    )
    course = decide(watched, seen, looks.latest(clients.ssm, watched.endpoint))
    LOG.info("%s: %s: %s", watched.endpoint, course.look.verdict, course.look.reason)
    # What is kept comes first: whoever is killed later and repeated sees the same change, under the same number.
    parameters.write(clients.ssm, looks.look_name(watched.endpoint), course.look.to_json())
    _publish(clients, watched.endpoint, course, now)
    if watched.topic_arn is not None:
        Teller(clients.ssm, clients.sns, watched.topic_arn, watched.endpoint, now).tell(course.notices)
    if watched.answers:
        # Last, because it takes longest; the next look judges by what is counted now.
        publish_answers(clients, live, said.policy, recording.answers, now)
    return course


def _tell(clients: Clients, watched: Watched, notice: Notice | None, now: datetime.datetime) -> None:
    if notice is not None and watched.topic_arn is not None:
        Teller(clients.ssm, clients.sns, watched.topic_arn, watched.endpoint, now).tell((notice,))


def _ramp(ssm: Client, live: LiveEndpoint) -> str | None:
    """The shares that a ramp has still before it, in words."""
    try:
        found = ramp.read(ssm, live.name)
    except parameters.DamagedRecordError:
        # The test's function won't carry it out either.
        LOG.exception("the ramp can't be read")
        return None
    left = [] if found is None or found[1].ended is not None else found[0].steps
    rest = [str(one) for one in left if one > round(live.sampling_percent)]
    return f"{', '.join(rest)} %" if rest else None


def _override(ssm: Client, live: LiveEndpoint, now: datetime.datetime) -> Reason | None:
    """A reason on record that would have the guard promote this shadow."""
    try:
        found = reasons.on_record(ssm, live.name)
    except parameters.DamagedRecordError:
        # The guard won't take it either.
        LOG.exception("what people put on record can't be read")
        return None
    model = None if live.shadow is None else live.shadow.model_name
    config = live.config.name
    counts = (
        one
        for one in reversed(found)
        if one.void_because(purpose="promotion", config=config, subject=model, now=now) is None
    )
    return next(counts, None)


def _declared(ssm: Client, watched: Watched) -> Declared | None:
    name = (managed_name if watched.managed else settings_name)(watched.endpoint)
    found = parameters.text_of(ssm, name)
    return None if found is None else Declared.from_text(found, name)


def _instances(live: LiveEndpoint) -> int:
    shadow = live.shadow
    counts = () if shadow is None else (shadow.current_count, shadow.initial_count)
    return next((count for count in counts if count is not None), 0)


def _publish(clients: Clients, endpoint: str, course: Course, now: datetime.datetime) -> None:
    of_endpoint = [{"Name": "EndpointName", "Value": endpoint}]
    data = [
        {"MetricName": one.name, "Dimensions": of_endpoint, "Timestamp": now, "Value": value, "Unit": one.unit}
        for one, value in course.metrics
    ]
    clients.cloudwatch.put_metric_data(Namespace=OWN_NAMESPACE, MetricData=data)
    entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(course.detail)}
    answer = clients.events.put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        raise NotPutError(f"EventBridge: {answer['Entries'][0].get('ErrorMessage')}")
