"""What the CDK's pipelines can't say yet, put into the pipeline once it is built: entry conditions, mode and type."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import aws_cdk as cdk
import jsii
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import pipelines
from constructs import IConstruct

from shadow_constructs.pipelines.answering import Answering
from shadow_constructs.pipelines.given import check_built
from shadow_ops.contract.approvals import Entry
from shadow_ops.contract.approving import parameter
from shadow_ops.contract.problems import refuse

# What the CDK says of a pipeline that wasn't given a type.
_NO_TYPE = "@aws-cdk/aws-codepipeline:unspecifiedPipelineType"


@jsii.implements(cdk.IAspect)
class Entering:
    """Adds an entry condition to stages: whatever has nothing to do is skipped.

    The CDK's own `codepipeline.Conditions` say the same; `pipelines.CodePipeline.add_stage` has no argument for them.

    Args:
        pipeline: The pipeline.
        answering: Whose function is asked.
    """

    def __init__(self, pipeline: pipelines.CodePipeline, answering: Answering) -> None:
        self._pipeline = pipeline
        self._answering = answering
        self._entries: dict[str, Entry] = {}
        self._done = False

    def add(self, stage_name: str, entry: Entry) -> None:
        """Have a stage ask before it is entered."""
        self._entries[stage_name] = entry

    def visit(self, node: IConstruct) -> None:
        """Once the pipeline is built, which the CDK does when it comes past it."""
        if self._done or node.node.path != self._pipeline.node.path:
            return
        self._done = True
        made = self._pipeline.pipeline
        resource = made.node.default_child
        assert isinstance(resource, codepipeline.CfnPipeline)
        check_built(len(made.stages))
        self._check_kind(resource, own=made.node.scope is not self._pipeline)
        # Conditions are of type V2 alone. SUPERSEDED: of the commits that come meanwhile, the newest waits.
        resource.add_property_override("PipelineType", "V2")
        cdk.Annotations.of(self._pipeline).acknowledge_warning(_NO_TYPE, "it is one of type V2")
        resource.add_property_override("ExecutionMode", "SUPERSEDED")
        for number, stage in enumerate(made.stages):
            entry = self._entries.get(stage.stage_name)
            if entry is not None:
                resource.add_property_override(f"Stages.{number}.BeforeEntry", self._condition(entry))
        if self._entries:
            function = cdk.Stack.of(self._answering).format_arn(
                service="lambda",
                resource="function",
                resource_name=self._answering.function_name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            made.add_to_role_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function]))
        self._answering.finish()

    def _check_kind(self, given: codepipeline.CfnPipeline, *, own: bool) -> None:
        """Its type and mode become others for all of its stages: against somebody's word they don't."""
        fix = "leave it out, or give the shadow tests a pipeline of their own: type and mode hold for all stages"
        # CDK Pipelines says V1 by itself where nobody said a type.
        if own and given.pipeline_type not in (None, "V2"):
            why = "be of type V2, which alone skips stages that have nothing to do"
            refuse("add_shadow_test", "pipeline_type", why, given.pipeline_type, fix)
        if given.execution_mode not in (None, "SUPERSEDED"):
            why = "be SUPERSEDED, so that of the commits that come during a test the newest waits"
            refuse("add_shadow_test", "execution_mode", why, given.execution_mode, fix)
        if own and None in (given.pipeline_type, given.execution_mode):
            cdk.Annotations.of(self._pipeline).add_warning_v2(
                "shadow-constructs:pipeline-changed",
                "this pipeline of yours becomes one of type V2 in SUPERSEDED mode, for all of its stages; say so where "
                "you make it: codepipeline.Pipeline(pipeline_type=PipelineType.V2, "
                "execution_mode=ExecutionMode.SUPERSEDED)",
            )

    def _condition(self, entry: Entry) -> dict[str, object]:
        rule = {
            "Name": "HasSomethingToDo",
            "RuleTypeId": {"Category": "Rule", "Owner": "AWS", "Provider": "LambdaInvoke", "Version": "1"},
            "Configuration": {"FunctionName": self._answering.function_name, "UserParameters": parameter(entry)},
        }
        return {"Conditions": [{"Result": "SKIP", "Rules": [rule]}]}


_KNOWN: WeakKeyDictionary[pipelines.CodePipeline, Entering] = WeakKeyDictionary()


def entering(pipeline: pipelines.CodePipeline, answering: Answering) -> Entering:
    """What is put into a pipeline; the first shadow test of it makes it."""
    found = _KNOWN.get(pipeline)
    if found is None:
        found = _KNOWN[pipeline] = Entering(pipeline, answering)
        cdk.Aspects.of(pipeline).add(found)
    return found
