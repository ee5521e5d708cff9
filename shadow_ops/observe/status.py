"""What is to be known of an endpoint at this moment, and where it isn't what its stack says."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shadow_ops.aws import history, records
from shadow_ops.aws.boto import Client
from shadow_ops.aws.clients import Clients
from shadow_ops.aws.denied import is_denied
from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant, describe_config, is_missing
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.looks import Look, latest
from shadow_ops.aws.parameters import DamagedRecordError
from shadow_ops.contract.declared import Declared, DeclaredVariant, prefix
from shadow_ops.managed.named import retained, running
from shadow_ops.observe import tested
from shadow_ops.observe.deployed import Deployed
from shadow_ops.observe.scaling import Limits, limits_of, scaling_drifts, stopped

# API operation DescribeAlarms: names in a call.
_ALARMS_PER_CALL = 100
# Of a variant, what scaling and its being alone make meaningless.
_HOW_MANY = ("InitialInstanceCount", "InitialVariantWeight")
_OF_ITS_NAME = ("EndpointConfigName", "EndpointConfigArn", "CreationTime", "ResponseMetadata")
# Two custom resources of an hour each; the endpoint's own update is seen in its status.
_LONGEST_STEPS = datetime.timedelta(hours=2)


@dataclass(frozen=True)
class Alarm:
    """An alarm about the endpoint.

    Attributes:
        name: Its name.
        state: CloudWatch's word; ``MISSING`` if there is no such alarm.
        reason: Why it is in that state.
    """

    name: str
    state: str
    reason: str


@dataclass(frozen=True)
class Observed:
    """An endpoint at this moment.

    Attributes:
        found: What it serves, and what its stack says.
        limits: How far each variant may scale; variants that don't scale are absent.
        alarms: The alarms that the stack made.
        drifts: Where it isn't what the stack says, one line each.
        last: The last promotion or way back that stood, or None.
        look: What the watch saw last of what serves, or None.
        experiment: The managed test, a stack's or whoever's, if there is one.
        ramp: The ramp of its share, if there is one.
    """

    found: Deployed
    limits: Mapping[str, Limits]
    alarms: tuple[Alarm, ...]
    drifts: tuple[str, ...]
    last: history.Entry | None
    look: Look | None = None
    experiment: Experiment | None = None
    ramp: tested.Asked | None = None


def observe(clients: Clients, found: Deployed) -> Observed:
    """Look at everything about an endpoint.

    Raises:
        ClientError: If a call is refused.
    """
    live, said, experiment = found.live, found.declared, _experiment(clients, found)
    limits = limits_of(clients.autoscaling, live.name, [one.name for one in variants(live)])
    told = history.since(history.history(clients.ssm, live.name), live.created)
    standing = [entry for entry in told if entry.undone is None]
    return Observed(
        found=found,
        limits=limits,
        alarms=() if said is None else _alarms(clients.cloudwatch, said.alarms),
        drifts=_kept(clients, live, said, limits)
        if said is None
        else (
            *drifts(_as_said(clients, live, said, managed=experiment is not None), said, limits),
            *_kept(clients, live, said, limits),
        ),
        last=standing[-1] if standing else None,
        look=_look(clients, live),
        experiment=experiment,
        ramp=tested.ramp_of(clients.ssm, experiment),
    )


def _experiment(clients: Clients, found: Deployed) -> Experiment | None:
    """A stack's managed test; else, where the shadow is no stack's of this library, the one that somebody has made."""
    live, said = found.live, found.declared
    if found.experiment is not None or live.shadow is None or (said is not None and said.config == live.config.name):
        return found.experiment
    try:
        return running(clients.sagemaker, live.name) or retained(clients.sagemaker, live)
    except clients.sagemaker.exceptions.ClientError as error:
        # It is one more thing to know; who may not list tests gets the rest.
        if is_denied(error):
            return None
        raise


def _as_said(clients: Clients, live: LiveEndpoint, said: Declared, *, managed: bool) -> LiveEndpoint:
    """What serves by the name that its stack has for it, where only the name differs.

    SageMaker gives the same another one after a managed test, and as many instances as that had.
    """
    if live.config.name == said.config:
        return live
    try:
        asked = describe_config(clients.sagemaker, said.config)
        same = same_content(live.config, asked) if managed else _same(clients.sagemaker, live.config.name, said.config)
    except clients.sagemaker.exceptions.ClientError as error:
        if is_missing(error):
            return live
        raise
    return replace(live, config=asked) if same else live


def same_content(one: Config, other: Config) -> bool:
    """Whether two configs serve the same, under whatever names they were made and on however many instances.

    SageMaker makes configs of its own for a managed test, and so has one of its own at the end.
    """

    def what(config: Config) -> tuple[object, ...]:
        variants = [
            [{name: value for name, value in variant.items() if name not in _HOW_MANY} for variant in variants]
            for variants in (config.production, config.shadow)
        ]
        return (*variants, config.capture_uri, config.capture_percent)

    alone = len(one.production) == len(other.production) == 1
    return alone and what(one) == what(other)


def _same(sagemaker: Client, *names: str) -> bool:
    """Whether two configs differ in nothing, the numbers of instances included."""
    one, other = (
        {name: value for name, value in described.items() if name not in _OF_ITS_NAME}
        for described in (sagemaker.describe_endpoint_config(EndpointConfigName=name) for name in names)
    )
    return one == other


def _look(clients: Clients, live: LiveEndpoint) -> Look | None:
    found = latest(clients.ssm, live.name)
    return found if found is not None and found.config == live.config.name else None


def _kept(clients: Clients, live: LiveEndpoint, said: Declared | None, limits: Mapping[str, Limits]) -> tuple[str, ...]:
    """What the record of the last deployment tells: what it left over, and the template that it was of.

    A deletion that failed has left the record, and no word of the stack.
    """
    try:
        record = records.pending(clients.ssm, live.name)
    except DamagedRecordError as error:
        return (f"{error}: look at {prefix(live.name)}/pending in Parameter Store, then delete it",)
    declared = () if said is None else _declared(said)
    scales = [one.name for one in declared if one.maximum is not None and one.name in limits]
    return (*left_over(live, record), *scaling_drifts(clients, live.name, scales, record))


def left_over(live: LiveEndpoint, record: records.Pending | None) -> tuple[str, ...]:
    """What the guard's record of the last deployment says is not as it was, one line each.

    A deployment that is under way has taken scaling away as well: only what is left once the endpoint is at rest, and
    longer than a deployment's steps may take, is left over.
    """
    if record is None:
        return ()
    found = [f"the last deployment could not bring everything back: {line}" for line in record.lost]
    over = live.status == "InService" and datetime.datetime.now(datetime.UTC) - record.started > _LONGEST_STEPS
    if not record.done and record.taken and over:
        found.append(
            f"the scaling of {', '.join(record.taken)} was taken away by the deployment of "
            f"{record.started:%Y-%m-%d %H:%M} UTC and isn't back: its stack waits to be continued or rolled back, or "
            "the guard, which tries once an hour, says in its log why it can't"
        )
    return tuple(found)


def variants(live: LiveEndpoint) -> tuple[LiveVariant, ...]:
    """Production variants, then the shadow."""
    return live.production if live.shadow is None else (*live.production, live.shadow)


def _declared(said: Declared) -> tuple[DeclaredVariant, ...]:
    return said.production if said.shadow is None else (*said.production, said.shadow)


def drifts(live: LiveEndpoint, said: Declared, limits: Mapping[str, Limits]) -> list[str]:
    """Where an endpoint isn't what its stack says, one line each.

    Args:
        live: The endpoint.
        said: What the stack says.
        limits: How far each variant may scale.
    """
    found = []
    if live.config.name != said.config:
        found.append(
            f"endpoint config {live.config.name} serves, the code says {said.config}: an update is under way, was "
            "rolled back, or somebody updated the endpoint by hand; once it is InService bring it there (aws sagemaker "
            f"update-endpoint --endpoint-name {live.name} --endpoint-config-name {said.config} "
            "--retain-all-variant-properties) or deploy another change of the endpoint: CloudFormation does nothing "
            "where nothing changes"
        )
    names = [variant.name for variant in live.production]
    wanted = [variant.name for variant in said.production]
    if names != wanted:
        found.append(f"production is {', '.join(names)}, the code says {', '.join(wanted)}")
    shadow = None if live.shadow is None else live.shadow.name
    wanted_shadow = None if said.shadow is None else said.shadow.name
    if shadow != wanted_shadow:
        found.append(f"the shadow is {shadow or 'absent'}, the code says {wanted_shadow or 'none'}")
    elif shadow is not None and abs(live.sampling_percent - said.sampling_percent) > 1e-6:
        found.append(
            f"{live.sampling_percent:g} % of the requests are copied, the code says {said.sampling_percent:g} %"
        )
    if not _same_capture(live.config.capture_uri, said.capture_uri):
        found.append(
            f"data is captured to {live.config.capture_uri or 'nowhere'}, the code says {said.capture_uri or 'nowhere'}"
        )
    found += _weights(live)
    declared = {one.name: one for one in _declared(said)}
    for variant in variants(live):
        found += _counts(variant, limits.get(variant.name))
        one = declared.get(variant.name)
        if one is not None and one.maximum is not None:
            found += stopped(live.name, one, limits.get(variant.name))
    return found


def _weights(live: LiveEndpoint) -> Iterator[str]:
    """Where production variants share the requests otherwise than their config says; no update keeps that."""
    said = {one["VariantName"]: one.get("InitialVariantWeight", 1.0) for one in live.config.production}
    for one in live.production if len(live.production) > 1 else ():
        if not math.isclose(one.weight, said.get(one.name, one.weight), rel_tol=1e-5):
            yield (
                f"{one.name} has the weight {one.weight:g}, its config says {said[one.name]:g}: somebody changed it, "
                "and the endpoint's next update puts it back; say it in the code to keep it"
            )


def _counts(variant: LiveVariant, limits: Limits | None) -> list[str]:
    count, wanted = variant.desired_count, variant.initial_count
    if count is None or wanted is None:
        return []
    if limits is None and count != wanted:
        return [f"{variant.name} is set to {count} instances and doesn't scale, the code says {wanted}"]
    if limits is not None and not limits.minimum <= count <= limits.maximum:
        return [f"{variant.name} is set to {count} instances, scaling allows {limits.minimum} to {limits.maximum}"]
    return []


def _same_capture(destination: str | None, folder: str | None) -> bool:
    """Whether records of a destination arrive in a folder: SageMaker adds the endpoint's name."""
    if destination is None or folder is None:
        return destination is folder
    return f"{folder.rstrip('/')}/".startswith(f"{destination.rstrip('/')}/")


def _alarms(cloudwatch: Client, names: Sequence[str]) -> tuple[Alarm, ...]:
    found: dict[str, Alarm] = {}
    for first in range(0, len(names), _ALARMS_PER_CALL):
        asked = list(names[first : first + _ALARMS_PER_CALL])
        # Composite alarms are only told when they are asked for by type.
        answer = cloudwatch.describe_alarms(
            AlarmNames=asked, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_ALARMS_PER_CALL
        )
        for alarm in [*(answer.get("MetricAlarms") or ()), *(answer.get("CompositeAlarms") or ())]:
            name = alarm["AlarmName"]
            found[name] = Alarm(name, alarm["StateValue"], alarm.get("StateReason", ""))
    return tuple(found.get(name, Alarm(name, "MISSING", "there is no such alarm")) for name in names)


def age(live: LiveEndpoint, now: datetime.datetime) -> datetime.timedelta:
    """How long the config that serves has been there; a test is as old as its config."""
    return now - live.config.created
