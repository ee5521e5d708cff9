"""The SageMaker API: checks a request against its model, then hands it to its operation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from local_aws.api_model import asked
from local_aws.sagemaker import definitions, endpoints, fleets, tags
from local_aws.sagemaker.experiments import api as experiments
from local_aws.sagemaker.records import Region

SERVICE = "sagemaker"
TARGET_PREFIX = "SageMaker"


class SageMakerApi:
    """Every operation of the control plane, over all regions.

    Args:
        context: What endpoints need from the rest.
    """

    def __init__(self, context: endpoints.Context) -> None:
        self.context = context
        self.regions: dict[str, Region] = {}
        in_use = context.settings.assumptions.config_in_use_delete
        self._operations: dict[str, Callable[[Region, dict[str, Any]], dict[str, Any]]] = {
            "CreateModel": definitions.create_model,
            "DescribeModel": definitions.describe_model,
            "DeleteModel": definitions.delete_model,
            "ListModels": definitions.list_models,
            "CreateEndpointConfig": definitions.create_config,
            "DescribeEndpointConfig": definitions.describe_config,
            "DeleteEndpointConfig": lambda region, request: definitions.delete_config(region, request, in_use),
            "ListEndpointConfigs": definitions.list_configs,
            "CreateEndpoint": lambda region, request: endpoints.create_endpoint(region, request, context),
            "UpdateEndpoint": lambda region, request: endpoints.update_endpoint(region, request, context),
            "UpdateEndpointWeightsAndCapacities": lambda region, request: endpoints.update_weights(
                region, request, context
            ),
            "DeleteEndpoint": lambda region, request: endpoints.delete_endpoint(region, request, context),
            "DescribeEndpoint": _describe_endpoint,
            "ListEndpoints": endpoints.list_endpoints,
            "CreateInferenceExperiment": lambda region, request: experiments.create(region, request, context),
            "DescribeInferenceExperiment": experiments.describe,
            "UpdateInferenceExperiment": experiments.update,
            "StartInferenceExperiment": experiments.start,
            "StopInferenceExperiment": experiments.stop,
            "DeleteInferenceExperiment": experiments.delete,
            "ListInferenceExperiments": experiments.listed,
            "AddTags": tags.add_tags,
            "ListTags": tags.list_tags,
            "DeleteTags": tags.delete_tags,
        }

    def region(self, name: str) -> Region:
        """Return a region, empty at first."""
        if name not in self.regions:
            self.regions[name] = Region(name)
        return self.regions[name]

    def call(self, region: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run one operation. Must run on the event loop, where deployments run.

        Raises:
            ServiceError: If the request or the rules refuse it, or the operation is not modelled.
        """
        return asked(SERVICE, self._operations, operation, request)(self.region(region), request)

    async def reset(self) -> None:
        """Forget everything; the servers are stopped by whoever started them."""
        await self.context.deployer.cancel_all()
        self.regions.clear()

    def counts(self) -> dict[str, int]:
        """Return how many of each kind there are, for the health page."""
        total: dict[str, int] = defaultdict(int)
        for region in self.regions.values():
            total["models"] += len(region.models)
            total["endpoint_configs"] += len(region.configs)
            total["endpoints"] += len(region.endpoints)
        return dict(total)


def _describe_endpoint(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    endpoint = endpoints.find_endpoint(region, request["EndpointName"])
    return fleets.describe_endpoint(endpoint, region.configs)
