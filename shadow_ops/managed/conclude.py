"""Conclude a managed test: look, do the next step, look again, until nothing is left to do.

Whoever is stopped in between is followed by the next call: what a promotion took away is on record, and whether the
promotion may be is asked anew.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from shadow_ops.aws import endpoint as endpoints
from shadow_ops.aws import experiment as experiments
from shadow_ops.aws.boto import Client
from shadow_ops.aws.errors import error_code, is_overloaded
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.parameters import DamagedRecordError, text_of
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.declared import Declared, settings_name
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError, InvalidValueError
from shadow_ops.managed import gone, record, steps
from shadow_ops.managed.decide import next_step
from shadow_ops.managed.gone import EndpointGoneError
from shadow_ops.managed.meanwhile import undone
from shadow_ops.managed.steps import Past, Seen, Step, Wanted

Found = TypeVar("Found")
_POLL_SECONDS, _SOONEST_SECONDS, _SLOWER = 10.0, 2.0, 1.3
# SageMaker gives an update an hour and more where instances are scarce.
_PATIENCE_SECONDS = 3 * 3600.0


class Services(Protocol):
    """Whatever holds boto3 clients of these."""

    @property
    def sagemaker(self) -> Client:
        """Endpoints and managed tests."""

    @property
    def ssm(self) -> Client:
        """What is kept until it is put back."""

    @property
    def autoscaling(self) -> Client:
        """Application Auto Scaling."""

    @property
    def cloudwatch(self) -> Client:
        """Metrics, and alarms of step scaling policies."""


@dataclass(frozen=True)
class Helm:
    """Who decides, who is told, and the time.

    Attributes:
        consent: Asked whether the shadow may be promoted, with what it would serve on; returns the gate's word or a
            person's reason, and raises where it may not.
        tell: Told of each step in a sentence.
        now: The time.
        sleep: Waits.
        poll_seconds: How often SageMaker is asked at least while it is at work; at first more often.
        by: Says who concludes, for what goes on record.
        further: What only people ask for, a promotion first of all.
    """

    consent: Callable[[Seen, Instances], str]
    tell: Callable[[str], None]
    now: Callable[[], datetime.datetime] = field(default=lambda: datetime.datetime.now(datetime.UTC))
    sleep: Callable[[float], None] = field(default=lambda seconds: time.sleep(seconds))
    poll_seconds: float = _POLL_SECONDS
    by: Callable[[], str] = field(default=lambda: "somebody")
    further: steps.Further | None = None


def observe(services: Services, experiment: Experiment) -> Seen:
    """See all that a conclusion depends on.

    Raises:
        CannotTellError: If test or endpoint are gone.
        ClientError: If a call is refused.
    """
    found = experiments.describe(services.sagemaker, experiment.name)
    live = endpoints.describe(services.sagemaker, experiment.endpoint)
    if found is None:
        raise CannotTellError(f"the managed test {experiment.name} is gone: somebody has deleted it")
    if live is None:
        raise EndpointGoneError(found)
    names = [one.name for one in (*live.production, *([] if live.shadow is None else [live.shadow]))]
    kept, unread = None, None
    try:
        kept = record.read(services.ssm, live.name)
    except DamagedRecordError as error:
        unread = f"{error}; look at it in Parameter Store: it says how production scaled"
    said = Declared.read(live.name, lambda name: text_of(services.ssm, name), managed=True)
    if said is not None and said.experiment != found.name:
        said = None
    own = text_of(services.ssm, settings_name(live.name))
    return Seen(
        experiment=found,
        live=live,
        scaled=Scaling(services, live.name).read(names),
        kept=kept,
        ours=own is not None,
        own=_config(own, live.name),
        promoted=None if said is None else said.promoted,
        versions=None if said is None or said.shadow is None else (said.production[0].version, said.shadow.version),
        policy=None if said is None else said.policy,
        unread=unread,
    )


def conclude(services: Services, experiment: Experiment, wanted: Wanted, helm: Helm) -> steps.Done:
    """Conclude a test.

    Returns:
        What stands now.

    Raises:
        CannotTellError: If it can't be done, or SageMaker didn't do it; the sentence says what serves.
        ClientError: If a call is refused. What a promotion took away before is put back.
    """
    past, began, said = Past(), helm.now(), ""
    while True:
        try:
            seen = _patiently(lambda: _look(services, experiment, helm), helm, began)
        except EndpointGoneError as error:
            return gone.end(services.sagemaker, error, wanted, lambda: helm.sleep(helm.poll_seconds))
        step = next_step(seen, wanted, past, helm.further)
        if isinstance(step, steps.Done):
            return step
        if isinstance(step, steps.GiveUp):
            raise CannotTellError(step.why)
        if isinstance(step, steps.Wait):
            if (helm.now() - began).total_seconds() > _PATIENCE_SECONDS:
                raise CannotTellError(f"{step.said} still; run the same command again, it goes on from there")
            if step.said != said:
                helm.tell(f"{step.said} ...")
                said = step.said
            # Whoever ends it at this very moment, has decided: a promotion doesn't go on over that.
            ending = past.asked is None and seen.experiment.status == "Stopping"
            past = replace(past, looks=past.looks + 1, ran=past.ran or ending)
            # The longer it has taken, the longer it may take.
            helm.sleep(min(_SOONEST_SECONDS * _SLOWER**past.looks, helm.poll_seconds))
            continue
        if isinstance(step, steps.AskGate):
            past = replace(past, because=helm.consent(seen, step.instances), ran=past.ran or not seen.experiment.over)
            helm.tell(f"{seen.experiment.shadow.model} on {step.instances.count} x {step.instances.instance_type}")
            continue
        again = _patiently(lambda: experiments.describe(services.sagemaker, experiment.name), helm, began)
        if again is not None and again.status != seen.experiment.status:
            # It has gone on between the calls of this look, which belong to different moments then.
            continue
        try:
            _act(services, seen, step, helm)
        except Exception:
            if isinstance(step, steps.Stop | steps.ByPeople) and seen.kept is not None:
                _put_back(services, seen, helm)
            raise
        if isinstance(step, steps.Delete):
            return deleted(experiment)
        if isinstance(step, steps.ByPeople) and helm.further is not None:
            past = helm.further.after(past, seen, step, helm.now())
        else:
            past = after(past, step)


def deleted(experiment: Experiment) -> steps.Done:
    """What stands once a test was cancelled that hadn't begun."""
    return steps.Done((f"{experiment.name} was deleted before it began, and {experiment.endpoint} is as it was",))


def after(past: Past, step: Step) -> Past:
    """What this call has come to after a step of its own."""
    return replace(
        past,
        asked="stop" if isinstance(step, steps.Stop) else past.asked,
        looks=0,
        restored=isinstance(step, steps.Restore) or (past.restored and not isinstance(step, steps.Forget)),
    )


def _look(services: Services, experiment: Experiment, helm: Helm) -> Seen:
    seen = observe(services, experiment)
    return seen if helm.further is None else helm.further.look(services, seen, helm.now())


def _config(text: str | None, endpoint: str) -> str | None:
    """The config that the endpoint's stack asks for; None where that can't be read."""
    try:
        return None if text is None else Declared.from_text(text, settings_name(endpoint)).config
    except InvalidValueError:
        return None


def _act(services: Services, seen: Seen, step: object, helm: Helm) -> None:
    live, experiment = seen.live, seen.experiment
    scaling = Scaling(services, live.name)
    match step:
        case steps.Deregister(variant):
            kept = " while it is replaced; how it scales is on record" if variant == experiment.production.name else ""
            if kept and seen.kept is not None:
                # Who may not put it back must not take it away.
                scaling.prove((variant,))
            helm.tell(f"{variant} doesn't scale any more{kept}")
            scaling.deregister(variant)
            if seen.kept is not None and record.read(services.ssm, live.name) is None:
                # Another conclusion, at the same time, has put it back and forgotten it right before.
                record.write(services.ssm, live.name, seen.kept)
        case steps.Stop(request):
            helm.tell(f"ending {experiment.name}: {_spoken(request['ModelVariantActions'])}")
            if (what := undone(seen)) is not None:
                helm.tell(what)
            once(services.sagemaker.stop_inference_experiment, **request)
        case steps.Delete(name):
            helm.tell(f"deleting {name}, which hasn't begun")
            services.sagemaker.delete_inference_experiment(Name=name)
        case steps.Restore(wanted):
            helm.tell(f"{wanted.variant} scales again from {wanted.minimum} to {wanted.maximum}")
            # All of it: a policy that is there already may have alarms that still call its predecessor.
            for left in scaling.put(wanted, None):
                helm.tell(left)
        case steps.Forget():
            record.forget(services.ssm, live.name)
            name = live.production[0].name
            if seen.kept is not None and name not in scaling.read([name]):
                # Another conclusion, at the same time, has taken it away right before.
                record.write(services.ssm, live.name, seen.kept)
        case _:
            assert helm.further is not None
            helm.further.act(services, seen, step, helm)


def _put_back(services: Services, seen: Seen, helm: Helm) -> None:
    """SageMaker refused what scaling was taken away for."""
    assert seen.kept is not None
    helm.tell("SageMaker refused it: scaling is put back")
    _act(services, seen, steps.Restore(seen.kept.scaled), helm)
    _act(services, seen, steps.Forget(), helm)


def once(call: Callable[..., Any], **request: Any) -> None:  # noqa: ANN401 - of any operation
    """Call, and take "it is so already" for an answer: the call before this one may have been heard."""
    try:
        call(**request)
    except Exception as error:
        if "already existing" not in str(error) and error_code(error) != "ConflictException":
            raise


def _patiently(look: Callable[[], Found], helm: Helm, began: datetime.datetime) -> Found:
    while True:
        try:
            return look()
        except Exception as error:
            late = (helm.now() - began).total_seconds() > _PATIENCE_SECONDS
            if late or not is_overloaded(error):
                raise
            helm.sleep(helm.poll_seconds)


def _spoken(actions: dict[str, str]) -> str:
    return ", ".join(f"{action.lower()} {variant}" for variant, action in actions.items())
