"""Beside a pipeline: the function that answers its approvals and says which stages have nothing to do."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import pipelines

from shadow_constructs.guard.acting import TRUST
from shadow_constructs.guard.function import lambda_function, may_call
from shadow_constructs.guard.log import log_group
from shadow_constructs.pipelines.elsewhere import READS, parameters
from shadow_constructs.pipelines.whereabouts import Whereabouts
from shadow_constructs.placing.given import Part
from shadow_constructs.values.guard import Guard
from shadow_ops.contract.text import compact
from shadow_ops.contract.watched import DETAIL_TYPE, SOURCE

HANDLER = "shadow_ops.answering.handler.handle"
_TIMEOUT_SECONDS = 60


class Answering(Part):
    """One per pipeline. `answering` makes it.

    Args:
        pipeline: The pipeline.

    Attributes:
        function_name: The function's name.
    """

    def __init__(self, pipeline: pipelines.CodePipeline) -> None:
        super().__init__(pipeline, "ShadowTests")
        self._pipeline = pipeline
        self._endpoints: list[tuple[str, Whereabouts]] = []
        group = log_group(self, Guard())
        self._log_group_arn = group.attr_arn
        self._role = iam.CfnRole(
            self,
            "Role",
            assume_role_policy_document=TRUST,
            description="Answers a pipeline's approvals with the verdicts of shadow tests",
        )
        function = lambda_function(
            self,
            Guard(),
            description="Answers a pipeline's approvals with the verdicts of shadow tests",
            handler=HANDLER,
            memory_mb=256,
            timeout_seconds=_TIMEOUT_SECONDS,
            role_arn=self._role.attr_arn,
            log_group=group.ref,
        )
        self.function_name, self._function_arn = function.ref, function.attr_arn

    def add(self, endpoint_name: str, whereabouts: Whereabouts) -> None:
        """Have the function look at one more endpoint, before a stage is entered."""
        self._endpoints.append((endpoint_name, whereabouts))
        own = [(name, one) for name, one in self._endpoints if not one.other_account]
        others = [one.role_arn(name) for name, one in self._endpoints if one.other_account]
        here = [parameters(name, one.region if one.other_region else "${AWS::Region}") for name, one in own]
        statements = [
            # These have no resource level.
            _allowed(["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"], "*"),
            *([_allowed(list(READS), here)] if here else []),
            *([_allowed("sts:AssumeRole", others)] if others else []),
            _allowed(["logs:CreateLogStream", "logs:PutLogEvents"], self._log_group_arn),
        ]
        self._role.policies = [
            iam.CfnRole.PolicyProperty(policy_name="Answering", policy_document=_document(statements))
        ]

    def finish(self) -> None:
        """Once the pipeline is there: who sends verdicts, and the right to answer.

        Nothing here is needed by the pipeline itself, which needs the function.
        """
        pipeline = self._pipeline.pipeline
        answers = [
            _allowed(["codepipeline:GetPipelineState", "codepipeline:ListActionExecutions"], pipeline.pipeline_arn),
            _allowed("codepipeline:PutApprovalResult", f"{pipeline.pipeline_arn}/*"),
        ]
        iam.CfnPolicy(
            self, "Answers", policy_name="Answers", policy_document=_document(answers), roles=[self._role.ref]
        )
        elsewhere = [one for _, one in self._endpoints if one.elsewhere]
        if elsewhere:
            bus = events.CfnEventBus(self, "Bus", name=elsewhere[0].bus_name)
            accounts = sorted({one.account for one in elsewhere if one.other_account})
            for account in accounts:
                events.CfnEventBusPolicy(
                    self,
                    f"From{account}",
                    statement_id=f"From{account}",
                    event_bus_name=bus.ref,
                    statement={
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:{elsewhere[0].pipeline.partition}:iam::{account}:root"},
                        "Action": "events:PutEvents",
                        "Resource": bus.attr_arn,
                        "Condition": {"StringEquals": {"events:source": SOURCE}},
                    },
                )
            self._listen("Elsewhere", [name for name, one in self._endpoints if one.elsewhere], bus.ref)
        here = [name for name, one in self._endpoints if not one.elsewhere]
        if here:
            self._listen("Verdicts", here, None)

    def _listen(self, construct_id: str, names: list[str], bus: str | None) -> None:
        paths = {"account": "$.account", "region": "$.region", "detail": "$.detail"}
        # EventBridge puts the quotes around texts itself (User Guide, input transformation).
        said = ",".join(f'"{name}":<{name}>' for name in paths)
        # By these roles the function looks at what people put on record in other accounts.
        readers = {
            f"{one.account}/{one.region}/{name}": one.role_arn(name)
            for name, one in self._endpoints
            if bus is not None and one.other_account
        }
        if readers:
            said += f',"readers":{compact(readers)}'
        template = f'{{"pipeline":"{self._pipeline.pipeline.pipeline_name}",{said}}}'
        rule = events.CfnRule(
            self,
            construct_id,
            description="Verdicts of shadow tests, for the approvals that wait for them",
            event_bus_name=bus,
            event_pattern={
                "source": [SOURCE],
                "detail-type": [DETAIL_TYPE],
                "detail": {"endpoint": list(dict.fromkeys(names))},
            },
            targets=[
                {
                    "arn": self._function_arn,
                    "id": "answering",
                    "inputTransformer": {"inputPathsMap": paths, "inputTemplate": template},
                }
            ],
        )
        may_call(self, f"{construct_id}MayCall", rule, self._function_arn)


_KNOWN: WeakKeyDictionary[pipelines.CodePipeline, Answering] = WeakKeyDictionary()


def answering(pipeline: pipelines.CodePipeline) -> Answering:
    """The function of a pipeline; the first shadow test of it makes it."""
    found = _KNOWN.get(pipeline)
    if found is None:
        found = _KNOWN[pipeline] = Answering(pipeline)
    return found


def _allowed(actions: Any, resource: object) -> dict[str, Any]:  # noqa: ANN401 - one or several
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
