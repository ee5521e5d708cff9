"""A step that does nothing but look: whether another account can read what the pipeline hands to it."""

from __future__ import annotations

import jsii
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import pipelines

from shadow_ops.contract.approvals import beside
from shadow_ops.contract.problems import refuse


# What a CodePipeline was made with isn't public: only in a step's turn its bucket can be asked, before any action of
# the stage that needs the key is there.
@jsii.implements(pipelines.ICodePipelineActionFactory)
class KeyStep(pipelines.Step):
    """Refuses a pipeline without a key for its artifacts. It leaves no action behind.

    Args:
        endpoint_name: The endpoint that is in another account.
        account: That account.
    """

    def __init__(self, endpoint_name: str, account: str) -> None:
        super().__init__(beside("Key", endpoint_name))
        self._endpoint_name = endpoint_name
        self._account = account

    @jsii.member(jsii_name="produceAction")
    def produce_action(
        self,
        stage: codepipeline.IStage,
        options: pipelines.ProduceActionOptions,  # noqa: ARG002 - as the CDK calls it
    ) -> pipelines.CodePipelineActionFactoryResult:
        """Look.

        Raises:
            InvalidValueError: If the artifacts are encrypted with no key that could be shared.
        """
        pipeline = stage.pipeline
        assert isinstance(pipeline, codepipeline.Pipeline)
        if pipeline.artifact_bucket.encryption_key is None:
            must = f"be in the pipeline's account, or the pipeline have a key: {self._endpoint_name} is elsewhere"
            fix = "write pipelines.CodePipeline(..., cross_account_keys=True)"
            refuse("add_shadow_test", "env.account", must, self._account, fix)
        return pipelines.CodePipelineActionFactoryResult(run_orders_consumed=0)
