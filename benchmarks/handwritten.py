"""The floor: the example's two stacks as somebody who knows CloudFormation well would write them, in bare L1 code."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from shadow_constructs.values.xgboost_images import ACCOUNTS

_Config = sagemaker.CfnEndpointConfig
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_ECR_PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def shadow_test_stack(app: cdk.App, name: str) -> None:
    """Production v1, shadow v2 with half of the requests."""
    stack, bucket = _stack(app, f"{name}-shadow", name)
    v1, v2 = _model(stack, bucket, name, "v1"), _model(stack, bucket, name, "v2")
    _endpoint(stack, bucket, name, v1, v2)
    for key, value, description in (
        ("EndpointName", name, "The endpoint to invoke"),
        ("ProductionVariant", "production", "The variant whose answers reach the caller"),
        ("ProductionModel", "v1", "Serves v1 (xgboost 3.0-5) on 2 x ml.m5.xlarge"),
        ("ShadowVariant", "shadow", "The variant that gets copies of requests"),
        ("ShadowModel", "v2", "Is tested: v2 (xgboost 3.0-5) on 1 x ml.m5.xlarge"),
        ("SamplingPercent", "50", "Share of the requests copied to the shadow"),
    ):
        cdk.CfnOutput(stack, key, value=value, description=description)


def promotion_stack(app: cdk.App, name: str) -> None:
    """Production v2, no shadow."""
    stack, bucket = _stack(app, f"{name}-promotion", name)
    v2 = _model(stack, bucket, name, "v2")
    _endpoint(stack, bucket, name, v2, None)
    for key, value, description in (
        ("EndpointName", name, "The endpoint to invoke"),
        ("ProductionVariant", "production", "The variant whose answers reach the caller"),
        ("ProductionModel", "v2", "Serves v2 (xgboost 3.0-5) on 2 x ml.m5.xlarge"),
    ):
        cdk.CfnOutput(stack, key, value=value, description=description)


def _stack(app: cdk.App, stack_id: str, name: str) -> tuple[cdk.Stack, s3.CfnBucket]:
    stack = cdk.Stack(app, stack_id, stack_name=name)
    table = {region: {"account": account} for region, account in ACCOUNTS.items()}
    cdk.CfnMapping(stack, "XGBoostAccounts", mapping=table)
    bucket = s3.CfnBucket(
        stack,
        "Captured",
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
            server_side_encryption_configuration=[
                s3.CfnBucket.ServerSideEncryptionRuleProperty(
                    server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                        sse_algorithm="AES256"
                    )
                )
            ]
        ),
        lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(
            rules=[
                s3.CfnBucket.RuleProperty(
                    status="Enabled",
                    expiration_in_days=90,
                    abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(
                        days_after_initiation=1
                    ),
                )
            ]
        ),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
        ),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        ),
    )
    bucket.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    s3.CfnBucketPolicy(
        stack,
        "CapturedPolicy",
        bucket=bucket.ref,
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "s3:*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Resource": [bucket.attr_arn, f"{bucket.attr_arn}/*"],
                }
            ],
        },
    )
    return stack, bucket


def _model(stack: cdk.Stack, bucket: s3.CfnBucket, name: str, version: str) -> sagemaker.CfnModel:
    account = cdk.Fn.find_in_map("XGBoostAccounts", cdk.Aws.REGION, "account")
    logs = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group"
    group = f"{logs}:/aws/sagemaker/Endpoints/{name}"
    repository = f"arn:{cdk.Aws.PARTITION}:ecr:{cdk.Aws.REGION}:{account}:repository/sagemaker-xgboost"
    objects = f"arn:{cdk.Aws.PARTITION}:s3:::"
    statements = [
        _allow("ReadArtifact", "s3:GetObject", f"{objects}my-models/churn/{version}/model.tar.gz"),
        _allow("PullImage", _ECR_PULL, repository),
        _allow("LogInToEcr", "ecr:GetAuthorizationToken", "*"),
        _allow("WriteLogs", _LOGS, [group, f"{group}:*"]),
        _allow("PublishMetrics", "cloudwatch:PutMetricData", "*"),
        _allow("WriteCaptured", "s3:PutObject", f"{objects}{bucket.ref}/captured/*"),
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    role = iam.CfnRole(
        stack,
        f"Role{version}",
        assume_role_policy_document=_TRUST,
        description=f"Serves version {version} on endpoint {name}",
        policies=[iam.CfnRole.PolicyProperty(policy_name="Serve", policy_document=document)],
    )
    image = f"{account}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/sagemaker-xgboost:3.0-5"
    return sagemaker.CfnModel(
        stack,
        f"Model{version}",
        execution_role_arn=role.attr_arn,
        primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
            image=image, model_data_url=f"s3://my-models/churn/{version}/model.tar.gz"
        ),
    )


def _allow(sid: str, action: str | list[str], resource: str | list[str]) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}


def _variant(name: str, model: sagemaker.CfnModel, count: int, weight: float) -> _Config.ProductionVariantProperty:
    return _Config.ProductionVariantProperty(
        variant_name=name,
        model_name=model.attr_model_name,
        initial_variant_weight=weight,
        instance_type="ml.m5.xlarge",
        initial_instance_count=count,
    )


def _endpoint(
    stack: cdk.Stack,
    bucket: s3.CfnBucket,
    name: str,
    production: sagemaker.CfnModel,
    shadow: sagemaker.CfnModel | None,
) -> None:
    config = _Config(
        stack,
        "Config",
        production_variants=[_variant("production", production, 2, 1)],
        shadow_production_variants=None if shadow is None else [_variant("shadow", shadow, 1, 0.5)],
        data_capture_config=_Config.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=100,
            destination_s3_uri=f"s3://{bucket.ref}/captured",
            capture_options=[
                _Config.CaptureOptionProperty(capture_mode="Input"),
                _Config.CaptureOptionProperty(capture_mode="Output"),
            ],
            capture_content_type_header=_Config.CaptureContentTypeHeaderProperty(
                csv_content_types=["text/csv"], json_content_types=["application/json"]
            ),
        ),
        metrics_config=_Config.MetricsConfigProperty(
            enable_detailed_observability=False, enable_enhanced_metrics=False, metric_publish_frequency_in_seconds=60
        ),
    )
    sagemaker.CfnEndpoint(stack, "Endpoint", endpoint_name=name, endpoint_config_name=config.attr_endpoint_config_name)
    region = cdk.Aws.REGION
    console = f"https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/endpoints/{name}"
    for key, value, description in (
        ("EndpointConfigName", config.attr_endpoint_config_name, "The endpoint config that must be serving"),
        (
            "CapturedData",
            f"s3://{bucket.ref}/captured/{name}/",
            "Captured requests and responses, a folder per variant",
        ),
        ("Console", console, "The endpoint in the AWS console"),
    ):
        cdk.CfnOutput(stack, key, value=value, description=description)
