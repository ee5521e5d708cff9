"""A shadow test in a CDK pipeline: it is deployed, waited for without a machine, and promoted by its verdict."""

from shadow_constructs.pipelines.add import ShadowStages, add_shadow_test
from shadow_constructs.pipelines.stages import EndpointStage
from shadow_constructs.pipelines.verdict_step import VerdictStep

__all__ = ["EndpointStage", "ShadowStages", "VerdictStep", "add_shadow_test"]
