"""From values to the properties of an endpoint config: variants, capture, metrics. Pure functions."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker

from shadow_constructs.values.capture import Capture, CaptureDestination
from shadow_constructs.values.hardware import Hardware, Routing, Serverless
from shadow_constructs.values.metrics_publishing import MetricsPublishing
from shadow_constructs.values.variant import Variant

_Config = sagemaker.CfnEndpointConfig


def variant_property(variant: Variant, model_name: str, weight: float) -> _Config.ProductionVariantProperty:
    """Render a variant; the same properties serve production and shadow variants.

    Args:
        variant: The variant, with its name resolved.
        model_name: Name of its SageMaker model.
        weight: Production: share among the production variants. Shadow: share of the requests that is copied.
    """
    assert variant.name is not None  # ShadowTest resolves names
    if isinstance(variant.hardware, Serverless):
        return _Config.ProductionVariantProperty(
            variant_name=variant.name,
            model_name=model_name,
            initial_variant_weight=weight,
            serverless_config=_Config.ServerlessConfigProperty(
                memory_size_in_mb=variant.hardware.memory_mb,
                max_concurrency=variant.hardware.max_concurrency,
                provisioned_concurrency=variant.hardware.provisioned_concurrency,
            ),
        )
    return _on_instances(variant.name, variant.hardware, model_name, weight)


def capture_property(capture: Capture, destination: CaptureDestination) -> _Config.DataCaptureConfigProperty:
    """Render data capture."""
    modes = [mode for mode, on in (("Input", capture.requests), ("Output", capture.responses)) if on]
    headers = None
    if capture.csv_content_types or capture.json_content_types:
        headers = _Config.CaptureContentTypeHeaderProperty(
            csv_content_types=list(capture.csv_content_types) or None,
            json_content_types=list(capture.json_content_types) or None,
        )
    return _Config.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=capture.percent,
        destination_s3_uri=destination.uri,
        kms_key_id=destination.key_arn,
        capture_options=[_Config.CaptureOptionProperty(capture_mode=mode) for mode in modes],
        capture_content_type_header=headers,
    )


def metrics_property(metrics: MetricsPublishing) -> _Config.MetricsConfigProperty:
    """Render how metrics are published, in full."""
    return _Config.MetricsConfigProperty(
        enable_detailed_observability=metrics.detailed_observability,
        enable_enhanced_metrics=metrics.enhanced,
        metric_publish_frequency_in_seconds=metrics.frequency_seconds,
    )


def _on_instances(name: str, hardware: Hardware, model_name: str, weight: float) -> _Config.ProductionVariantProperty:
    core_dump = hardware.core_dump
    reservation = hardware.capacity_reservation_arn
    return _Config.ProductionVariantProperty(
        variant_name=name,
        model_name=model_name,
        initial_variant_weight=weight,
        instance_type=hardware.instance_type,
        initial_instance_count=hardware.count,
        volume_size_in_gb=hardware.volume_gb,
        model_data_download_timeout_in_seconds=hardware.model_download_timeout_seconds,
        container_startup_health_check_timeout_in_seconds=hardware.startup_timeout_seconds,
        variant_instance_provision_timeout_in_seconds=hardware.instance_provision_timeout_seconds,
        inference_ami_version=hardware.inference_ami_version,
        enable_ssm_access=hardware.ssm_access,
        routing_config=None if hardware.routing is None else _routing(hardware.routing),
        core_dump_config=None
        if core_dump is None
        else _Config.CoreDumpConfigProperty(destination_s3_uri=core_dump.destination, kms_key_id=core_dump.key_arn),
        capacity_reservation_config=None
        if reservation is None
        else _Config.CapacityReservationConfigProperty(
            capacity_reservation_preference="capacity-reservations-only", ml_reservation_arn=reservation
        ),
    )


def _routing(routing: Routing) -> _Config.RoutingConfigProperty:
    prefix = None
    if routing.prefix_length is not None and routing.concurrency_threshold is not None:
        prefix = _Config.PrefixAwareRoutingConfigProperty(
            prefix_length=routing.prefix_length, concurrency_threshold=routing.concurrency_threshold
        )
    return _Config.RoutingConfigProperty(routing_strategy=routing.strategy, prefix_aware_routing_config=prefix)
