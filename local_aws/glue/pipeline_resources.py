"""CloudFormation handlers of pipelines, and the types beside them that only have to be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws import ACCOUNT_ID
from local_aws.codepipeline.api import CodePipelineApi
from local_aws.glue.handler import Created, current_region
from local_aws.glue.types import generated_name

PIPELINE = "AWS::CodePipeline::Pipeline"


class PipelineResources:
    """Create, update and delete of pipelines.

    Args:
        api: CodePipeline.
    """

    def __init__(self, api: CodePipelineApi) -> None:
        self._api = api

    def handlers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """Return the handlers per resource type, as ministack keeps them."""
        return {
            PIPELINE: {
                "create": lambda logical_id, props, _stack: self._put(
                    props.get("Name") or generated_name(logical_id), props
                ),
                "update": lambda name, _old, new, _stack: self._put(name, new),
                "delete": lambda name, _props: self._api.pipelines.pop(name, None),
            }
        }

    def _put(self, name: str, props: dict[str, Any]) -> Created:
        self._api.pipelines[name] = props["Stages"]
        return name, {"Version": "1", "Arn": f"arn:aws:codepipeline:{current_region()}:{ACCOUNT_ID}:{name}"}
