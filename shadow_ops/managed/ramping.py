"""After a look of the watch: a ramp goes on, or ends. The watch itself only looks, and changes no endpoint."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shadow_ops.aws import looks, parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import describe_config
from shadow_ops.aws.experiment import describe
from shadow_ops.contract.managed import course_name
from shadow_ops.managed import ramp

LOG = logging.getLogger(__name__)
# A step: note the share that is there, look what is due, raise it.
_MOST_STEPS = 3


def on_look(event: Mapping[str, Any], sagemaker: Client, ssm: Client, now: datetime.datetime) -> None:
    """Take an event of the watch. It says which endpoint; all else is looked up, because an event may come late.

    Raises:
        DamagedRecordError: If the ramp can't be read.
        ClientError: If a call is refused; the next look has it done.
    """
    endpoint = str(event["detail"]["endpoint"])
    for _ in range(_MOST_STEPS):
        found = ramp.read(ssm, endpoint)
        if found is None:
            return
        asked, course = found
        experiment = describe(sagemaker, asked.experiment)
        if experiment is None:
            return
        made = None if experiment.config is None else describe_config(sagemaker, experiment.config).created
        since = ramp.since(asked, experiment, made)
        match ramp.next_step(asked, course, experiment, since, looks.latest(ssm, endpoint), now):
            case ramp.Raise(percent):
                LOG.info("%s: %s %%, after %s %%", experiment.name, percent, experiment.sampling_percent)
                # First on record: a share that isn't there is somebody's, and ends the ramp.
                if course.raised != percent:
                    parameters.write(ssm, course_name(endpoint), replace(course, raised=percent).to_json())
                mode = experiment.mode(percent)
                sagemaker.update_inference_experiment(Name=experiment.name, ShadowModeConfig=mode)
                return
            case ramp.Course() as changed:
                LOG.info("%s: %s", experiment.name, changed)
                parameters.write(ssm, course_name(endpoint), changed.to_json())
            case None:
                return
