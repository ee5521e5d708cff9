"""What only people ask of a conclusion, as the command line gives it to one: no function's package has it."""

from __future__ import annotations

from typing import Any

from shadow_ops.managed import promote, remembered, retained, updating
from shadow_ops.managed.conclude import Helm
from shadow_ops.managed.steps import Further, PutOnRecord, Remember, RemoveShadow, Seen, Update


def _act(services: Any, seen: Seen, step: object, helm: Helm) -> None:  # noqa: ANN401 - holds boto3 clients
    live, experiment = seen.live, seen.experiment
    match step:
        case Update():
            helm.tell(f"updating {live.name}: {step.model} in the place of {live.production[0].model_name}")
            updating.promote(services.sagemaker, seen, step)
        case RemoveShadow():
            helm.tell(f"updating {live.name}: without the shadow {experiment.shadow.name}")
            updating.remove_shadow(services.sagemaker, seen)
        case Remember(because):
            remembered.remember(services.ssm, seen, because, by=helm.by(), now=helm.now())
        case PutOnRecord(why):
            helm.tell("putting on record that its stack may promote it")
            remembered.put(services.ssm, seen, why, by=helm.by(), now=helm.now())


FURTHER = Further(promote=promote.next_step, remove=retained.next_without, act=_act)
"""What the command line gives to each conclusion."""
