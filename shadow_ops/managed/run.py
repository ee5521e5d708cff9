"""From a request of CloudFormation to its answer: look, do the next step, look again, until the test is as asked."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar

from botocore.exceptions import ClientError

from shadow_ops.aws import endpoint as endpoints
from shadow_ops.aws import experiment as experiments
from shadow_ops.aws import looks, parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.errors import error_code
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.managed import ManagedAsked, changed_name, course_name, ramp_name
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.guard.clients import Clients
from shadow_ops.guard.direction import is_over
from shadow_ops.managed import fit, native
from shadow_ops.managed.begin import Begun, Change, Create, End, Sight, next_step
from shadow_ops.managed.changed import Changed, deployment
from shadow_ops.managed.conclude import Helm, conclude
from shadow_ops.managed.find import at_work
from shadow_ops.managed.steps import Wait, Wanted

Record = TypeVar("Record")
LOG = logging.getLogger(__name__)
_DESTROYED = "its stack was deleted, or asks for another test"
_TAKEN_BACK = "the deployment that began it was taken back"


@dataclass(frozen=True)
class Runner:
    """Serves one request.

    Attributes:
        clients: The services.
        now: The time.
        pause: Waits; raises where another invocation has to go on.
        stack: ARN of the stack that asks.
    """

    clients: Clients
    now: Callable[[], datetime.datetime]
    pause: Callable[[], None]
    stack: str

    def begin(self, asked: ManagedAsked, old: ManagedAsked | None) -> tuple[str, str]:
        """Have the test as the template says.

        Returns:
            Its name, and a sentence.

        Raises:
            CannotTellError: If it can't be; what is there is as it was.
            ClientError: If a call is refused.
        """
        name, changed, before = asked.name(self.stack), False, None
        if old is not None and old.name(self.stack) != name:
            before, old = old.name(self.stack), None
        while True:
            sight = self._look(asked, old, name, before)
            step = next_step(asked, old, name, sight, changed=changed)
            match step:
                case Begun(said):
                    return name, said
                case Wait(said):
                    LOG.info("%s", said)
                    self.pause()
                case Create(request):
                    self._create(asked, sight.live, request)
                    if asked.native is not None:
                        return name, f"{name} may begin, by its template"
                case Change():
                    assert sight.mine is not None
                    self._change(sight.mine, step)
                    changed = True
                case End(experiment):
                    try:
                        self._end(experiment, _TAKEN_BACK)
                    except CannotTellError as error:
                        # A rollback that fails leaves a stack that nobody can deploy: the test is named, and stays.
                        return name, str(error)

    def _look(self, asked: ManagedAsked, old: ManagedAsked | None, name: str, before: str | None) -> Sight:
        sagemaker, ssm, forward = self.clients.sagemaker, self.clients.ssm, self._forward()
        mine = experiments.describe(sagemaker, name)
        live = endpoints.describe(sagemaker, asked.endpoint) if forward or mine is None else None
        other = None if before is None else experiments.describe(sagemaker, before)
        sight = Sight(self.now(), forward, mine, other, live)
        if old is None or mine is None:
            return sight
        found = _record(ssm, changed_name(asked.endpoint), Changed.from_json)
        if found is not None and found.by != deployment(name, *((old, asked) if forward else (asked, old))):
            if forward:
                # Of a deployment before, which nobody takes back any more.
                parameters.remove(ssm, [changed_name(asked.endpoint)])
            found = None
        tags = experiments.tags(sagemaker, mine) if asked.native is None and asked.tags != old.tags else {}
        return replace(sight, tags=tags, ramp=_record(ssm, ramp_name(asked.endpoint), dict), kept=found)

    def _change(self, mine: Experiment, change: Change) -> None:
        sagemaker, ssm, endpoint = self.clients.sagemaker, self.clients.ssm, mine.endpoint
        if change.keep is not None:
            # First on record: whoever is stopped from here on is taken back by it.
            parameters.write(ssm, changed_name(endpoint), change.keep.to_json())
            if change.keep.ramp is not None:
                parameters.remove(ssm, [ramp_name(endpoint)])
        try:
            if change.request:
                sagemaker.update_inference_experiment(Name=mine.name, **change.request)
            experiments.tag(sagemaker, mine, change.tags)
        except ClientError:
            if change.keep is not None:
                raise
            # What somebody does to the test at this moment, its end for instance, holds no rollback up.
            LOG.exception("%s isn't put back", mine.name)
        if change.ramp is not None:
            parameters.make(ssm, ramp_name(endpoint), change.ramp)
        if change.keep is None:
            parameters.remove(ssm, [changed_name(endpoint)])

    def end(self, name: str) -> str:
        """End a test whose resource goes: production stays, the shadow goes; what is over stays on SageMaker's record.

        Returns:
            A sentence.
        """
        found = experiments.describe(self.clients.sagemaker, name)
        if found is None:
            return f"there is no managed test {name} any more"
        said = self._end(found, _DESTROYED)
        if (self._status() or "DELETE").startswith("DELETE"):
            # The watch goes with the stack: nobody reads what it kept.
            kept = parameters.under(self.clients.ssm, looks.told_path(found.endpoint))
            own = [one(found.endpoint) for one in (looks.look_name, ramp_name, course_name, changed_name)]
            parameters.remove(self.clients.ssm, [*own, *kept])
        return said

    def _end(self, experiment: Experiment, reason: str) -> str:
        helm = Helm(consent=_never, tell=LOG.info, now=self.now, sleep=lambda _: self.pause())
        try:
            return "; ".join(conclude(self.clients, experiment, Wanted("cancel", reason=reason), helm).said)
        except CannotTellError as error:
            LOG.warning("%s", error)
            found = experiments.describe(self.clients.sagemaker, experiment.name)
            if found is None or found.over or endpoints.describe(self.clients.sagemaker, found.endpoint) is None:
                # Concluded otherwise before, or without its endpoint: there is no shadow of it left to end.
                return str(error)
            raise CannotTellError(f"{found.name} is {found.status} and stays, with its shadow: {error}") from None

    def _create(self, asked: ManagedAsked, live: endpoints.LiveEndpoint | None, request: Mapping[str, Any]) -> None:
        sagemaker = self.clients.sagemaker
        assert live is not None
        fit.check_config(live, sagemaker.describe_endpoint_config(EndpointConfigName=live.config.name))
        for model in (asked.production_model, asked.shadow_model):
            fit.check_model(sagemaker.describe_model(ModelName=model))
        fit.check_free(asked, at_work(sagemaker, asked.endpoint))
        if asked.native is not None:
            native.check_scaling(asked, Scaling(self.clients, asked.endpoint).read([asked.production]))
            return
        try:
            sagemaker.create_inference_experiment(**request)
        except ClientError as error:
            # The same request has come twice, and the other one was sooner.
            if error_code(error) != "ResourceInUse" or experiments.describe(sagemaker, request["Name"]) is None:
                raise

    def _forward(self) -> bool:
        status = self._status()
        if status is None or is_over(status) or status.startswith("DELETE"):
            raise CannotTellError(f"the stack is {status or 'gone'}: this request of it came too late")
        return "ROLLBACK" not in status

    def _status(self) -> str | None:
        try:
            found = self.clients.cloudformation.describe_stacks(StackName=self.stack)
        except ClientError as error:
            if error_code(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        return str(found["Stacks"][0]["StackStatus"])


def _record(ssm: Client, name: str, of: Callable[[dict[str, Any]], Record]) -> Record | None:
    try:
        found = parameters.read(ssm, name)
        return None if found is None else of(found)
    except parameters.DamagedRecordError:
        LOG.exception("%s", name)
        return None


def _never(*_: object) -> NoReturn:
    raise AssertionError("a test that goes with its stack is not promoted")
