"""What is done next to promote the shadow of a managed test. Pure; read by the command line only."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.errors import error_code
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.parameters import RecordTooLargeError
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.scaled import Scaled
from shadow_ops.managed import conclude, record, remembered, steps, updating
from shadow_ops.managed.conclude import Helm
from shadow_ops.managed.decide import back, refuse, restore
from shadow_ops.managed.handed import cancelled, check_compared, concluded, hand_over, over, was_concluded
from shadow_ops.managed.promotion import PutOnRecord, Remember, RemoveShadow, Update, Withdraw, after
from shadow_ops.managed.record import Kept
from shadow_ops.managed.steps import Past, Seen, Step, Wanted
from shadow_ops.managed.stopping import (
    LATE_LOOKS,
    is_promoted,
    is_promoted_by_it,
    serving_on,
    stop_request,
)


def promoted_on(experiment: Experiment, live: LiveEndpoint, wanted: Wanted) -> Instances:
    """What the promoted model shall serve on: as asked for, and of the same type never fewer than serve now.

    Raises:
        CannotTellError: If fewer of the same type are asked for in so many words.
    """
    serving, on = serving_on(experiment, live), experiment.shadow.instances
    if not isinstance(wanted.hardware, str):
        if wanted.hardware.instance_type == serving.instance_type and wanted.hardware.count < serving.count:
            refuse(
                f"{serving.count} x {serving.instance_type} serve now, so the promoted model can't begin on "
                f"{wanted.hardware.count}: ask for at least {serving.count}, and lower the count afterwards"
            )
        return wanted.hardware
    if wanted.hardware == "production":
        return serving
    return replace(on, count=max(on.count, serving.count)) if on.instance_type == serving.instance_type else on


def next_step(seen: Seen, wanted: Wanted, past: Past) -> Step:
    """What is done next to promote the shadow.

    Raises:
        CannotTellError: If it can't be promoted; this call has changed nothing yet.
    """
    experiment, live = seen.experiment, seen.live
    if seen.ours:
        return hand_over(seen, wanted, past)
    if is_promoted_by_it(experiment, live):
        return _promoted(seen, past)
    if is_promoted(experiment, live):
        if seen.kept is not None:
            return steps.Forget() if past.restored else restore(seen)
        by = "by somebody's deployment or another test"
        return steps.Done((f"{experiment.shadow.model} serves {live.name}, {by}: there is nothing to promote",))
    if experiment.status == "Cancelled":
        if seen.kept is not None or past.asked is not None:
            return back(seen, past)
        refuse(cancelled(seen))
    if was_concluded(seen, past):
        return back(seen, past, concluded(seen))
    _check_endpoint(seen)
    on = promoted_on(experiment, live, wanted)
    name, tested = experiment.production.name, experiment.shadow.name
    if name in seen.scaled and not experiment.over:
        _check_watched(seen.scaled[name], name)
    if past.asked == "update":
        # It may not show yet, or SageMaker has rolled it back.
        late = past.looks < LATE_LOOKS and live.failure_reason is None
        return steps.Wait(f"{live.name} is about to be updated") if late else back(seen, past)
    if past.because is None:
        return steps.AskGate(on)
    changes_type = on.instance_type != live.production[0].instance_type
    # SageMaker refuses to remove a variant that scales, and to change its type (Developer Guide,
    # endpoint-scaling-update).
    if name in seen.scaled and (not experiment.over or changes_type):
        if seen.kept is None or seen.kept.scaled != seen.scaled[name]:
            return steps.Keep(seen.scaled[name])
        return steps.Deregister(name)
    if experiment.over and live.shadow is not None and tested in seen.scaled:
        return steps.Deregister(tested)
    if experiment.over:
        return Update(experiment.shadow.model, on)
    if tested in seen.scaled:
        return steps.Deregister(tested)
    return steps.Stop(stop_request(experiment, replace(wanted, reason=wanted.reason or past.because), on))


def _check_endpoint(seen: Seen) -> None:
    live = seen.live
    check_compared(seen)
    if live.production[0].instance_type is None:
        refuse(f"{live.name} is serverless, which no shadow test can be beside")


def _check_watched(scaled: Scaled, name: str) -> None:
    """Refuse to move scaling to another variant's name that follows the old one's metrics."""
    follows = [one for one, policy in scaled.policies.items() if f'"{name}"' in json.dumps(policy, default=str)]
    if follows or scaled.step_alarms:
        policies = ", ".join(follows or scaled.step_alarms)
        refuse(
            f"the scaling policy {policies} follows metrics or alarms of the variant {name}, which SageMaker's "
            "promotion removes; wait for the test's scheduled end (then `promote` keeps the name), or take the policy "
            "away first"
        )


def _promoted(seen: Seen, past: Past) -> Step:
    experiment, live = seen.experiment, seen.live
    if seen.kept is not None:
        return steps.Forget() if past.restored else restore(seen)
    if not past.remembered:
        return Remember(past.because or experiment.reason, past.served)
    on = live.production[0]
    said = [f"{experiment.shadow.model} serves {live.name} on {on.current_count} x {on.instance_type}"]
    if on.name != experiment.production.name:
        said.append(
            f"its variant is named {on.name} now, before it was {experiment.production.name}: change alarms, "
            "dashboards and guardrails that name the old one"
        )
    said.append(
        "whoever manages this endpoint (CloudFormation, Terraform, a script) doesn't know: put "
        f"{experiment.shadow.model} into its code before its next deployment, which would put "
        f"{experiment.production.model} back"
    )
    return steps.Done(tuple(said))


def _act(services: conclude.Services, seen: Seen, step: object, helm: Helm) -> None:
    live, experiment = seen.live, seen.experiment
    match step:
        case steps.Keep(scaled):
            try:
                record.write(services.ssm, live.name, Kept(experiment.name, experiment.created, scaled))
            except RecordTooLargeError as error:
                refuse(f"how {live.name} scales can't be kept ({error}), so nothing was changed")
        case Update():
            helm.tell(f"updating {live.name}: {step.model} in the place of {live.production[0].model_name}")
            updating.promote(services.sagemaker, seen, step)
        case RemoveShadow():
            helm.tell(f"updating {live.name}: without the shadow {experiment.shadow.name}")
            updating.remove_shadow(services.sagemaker, seen)
        case Remember(because, served):
            remembered.remember(services.ssm, seen, because, served, by=helm.by(), now=helm.now())
        case PutOnRecord(why):
            helm.tell("putting on record that its stack may promote it")
            remembered.put(services.ssm, seen, why, by=helm.by(), now=helm.now())
        case Withdraw(right):
            helm.tell(f"taking off the record that its stack may promote {experiment.shadow.model} ({right.text})")
            remembered.withdraw(services.ssm, seen, right)


def check_there(sagemaker: Client, experiment: Experiment) -> None:
    """Check that the candidate's model is there: without it a promotion fails once scaling is taken away.

    Raises:
        CannotTellError: If somebody has deleted it.
        ClientError: If the call is refused.
    """
    try:
        sagemaker.describe_model(ModelName=experiment.shadow.model)
    except ClientError as error:
        if error_code(error) != "ValidationException":
            raise
        refuse(
            f"the model {experiment.shadow.model} is gone, so it can't be promoted: make it again, or end the test "
            f"without it (shadow-test conclude {experiment.endpoint} remove)"
        )


def observe(services: conclude.Services, experiment: Experiment, now: datetime.datetime) -> Seen:
    """See all that a conclusion by people depends on.

    Raises:
        CannotTellError: If test or endpoint are gone.
        ClientError: If a call is refused.
    """
    return _look(services, conclude.observe(services, experiment), now)


def _look(services: conclude.Services, seen: Seen, now: datetime.datetime) -> Seen:
    return remembered.with_right(services.ssm, seen, now) if seen.ours else seen


FURTHER = steps.Further(look=_look, promote=next_step, over=over, act=_act, after=after)
"""What the command line gives to each conclusion; no function's package has it, so none of them can promote."""
