"""The step that waits for a verdict without holding a machine: a manual approval with a timeout in days."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import pipelines

from shadow_ops.contract.approvals import Approval
from shadow_ops.contract.approving import custom_data


# The CDK's own ManualApprovalStep has no timeout.
@jsii.implements(pipelines.ICodePipelineActionFactory)
class VerdictStep(pipelines.Step):
    """Waits until somebody approves or rejects: the function that hears of verdicts, or a person.

    Args:
        step_id: Name of the action.
        approval: What it waits for; its config is filled in by the pipeline.
        config: The output of the endpoint's stack that names the endpoint config.
        deadline_days: After so many days it fails, and the stage with it.
    """

    def __init__(self, step_id: str, *, approval: Approval, config: cdk.CfnOutput, deadline_days: int) -> None:
        super().__init__(step_id)
        self._approval = approval
        self._config = pipelines.StackOutputReference.from_cfn_output(config)
        self._deadline_days = deadline_days

    @property
    @jsii.member(jsii_name="consumedStackOutputs")
    def consumed_stack_outputs(self) -> list[pipelines.StackOutputReference]:
        """The outputs that the deployment has to hand on, as variables of the pipeline."""
        return [self._config]

    @jsii.member(jsii_name="produceAction")
    def produce_action(
        self, stage: codepipeline.IStage, options: pipelines.ProduceActionOptions
    ) -> pipelines.CodePipelineActionFactoryResult:
        """Add the action to its stage."""
        deployed = options.stack_outputs_map.to_code_pipeline(self._config)
        # Only the pipeline knows the name of what it has deployed.
        text = custom_data(self._approval).replace(self._approval.config, deployed)
        stage.add_action(
            actions.ManualApprovalAction(
                action_name=options.action_name,
                run_order=options.run_order,
                additional_information=text,
                timeout=cdk.Duration.days(self._deadline_days),
            )
        )
        return pipelines.CodePipelineActionFactoryResult(run_orders_consumed=1)
