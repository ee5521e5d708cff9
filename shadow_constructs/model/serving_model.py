"""One version of a model as SageMaker knows it, with the execution role that serves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from shadow_constructs.model.artifacts import ResolvedArtifact, resolve_artifact
from shadow_constructs.model.execution_role import own_role, users_role
from shadow_constructs.model.images import ResolvedImage, resolve_image
from shadow_constructs.model.rights import Needs, statements_for
from shadow_constructs.placing.given import Part, check_given, check_names
from shadow_constructs.placing.place import place_of
from shadow_constructs.values.artifact import check_artifact
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.checks import check_service_name
from shadow_constructs.values.container import Container, ImageAddress
from shadow_constructs.values.model import Model
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.checks import plain
from shadow_ops.contract.problems import Problems


class ServingModel(Part):
    """A SageMaker model and its execution role.

    The role belongs to this version alone. A promotion therefore neither widens nor narrows the rights of a version
    that is serving, and CloudFormation deletes the old version's role only after the endpoint has left it.

    Args:
        scope: Parent construct.
        construct_id: Keep it the same for the same version: it decides whether CloudFormation sees the same model.
        model: The version.
        endpoint_name: Whose log group the role may write to.
        test: What the endpoint serves, which decides what else its role must be allowed.
        captured: Where captured data goes, or None.
        alarms: Names of the alarms that roll an update back.

    Attributes:
        model_name: The SageMaker model's name, for an endpoint config.
        role_arn: The execution role's ARN, or None for a model that exists already with a role of its own.
        attached: Policies attached to the role, which must outlive the endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model,
        endpoint_name: str,
        test: ShadowTest | None = None,
        captured: CaptureDestination | None = None,
        alarms: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "model", model, Model, "be a Model(...)")
        if test is not None:
            check_given(self, "test", test, ShadowTest, "be a ShadowTest(...)")
        if captured is not None:
            check_given(self, "captured", captured, CaptureDestination, "be a CaptureDestination(...)")
        check_names(self, "alarms", alarms)
        endpoint_name = plain(endpoint_name)
        problems = Problems("ServingModel")
        check_service_name(problems, "endpoint_name", endpoint_name)
        problems.raise_if_any()
        self.role_arn = model.role_arn
        self.attached: tuple[cdk.CfnResource, ...] = ()
        needs = Needs(model, endpoint_name, place_of(self.stack), test, captured, tuple(alarms))
        if model.model_name is not None:
            self.model_name = model.model_name
            if model.role_arn is not None:
                statements = statements_for(needs, of_endpoint_only=True)
                self.attached = users_role(self, model.role_arn, statements, grant=model.grant_role).attached
            return
        artifact, image = self._artifact(model), self._image(model)
        needs = replace(needs, artifact=artifact, repository_arn=image.repository_arn)
        statements = statements_for(needs)
        if model.role_arn is None:
            boundary = None if test is None else test.guard.permissions_boundary
            description = f"Serves version {model.version} on endpoint {endpoint_name}"
            role = own_role(self, statements, description, boundary)
        else:
            role = users_role(self, model.role_arn, statements, grant=model.grant_role)
        self.role_arn = role.arn
        network = model.network
        resource = sagemaker.CfnModel(
            self,
            "Resource",
            execution_role_arn=role.arn,
            primary_container=_definition(model, artifact, image),
            enable_network_isolation=True if network.isolated else None,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=list(network.subnet_ids), security_group_ids=list(network.security_group_ids)
            )
            if network.attached
            else None,
        )
        for policy in role.attached:
            resource.add_resource_dependency(policy)
        self.attached = role.attached
        self.model_name = resource.attr_model_name

    def _artifact(self, model: Model) -> ResolvedArtifact | None:
        artifact = model.parsed_artifact
        if model.package is not None:
            artifact = check_artifact(Problems("ModelPackage"), "artifact", model.package.artifact, tokens=True)
        return None if artifact is None else resolve_artifact(self, artifact)

    def _image(self, model: Model) -> ResolvedImage:
        container = model.container
        if container is None:
            assert model.package is not None  # Model refuses anything else
            container = Container.uri(model.package.image)
        return resolve_image(self, self.stack, container)


def _definition(
    model: Model, artifact: ResolvedArtifact | None, image: ResolvedImage
) -> sagemaker.CfnModel.ContainerDefinitionProperty:
    environment = dict(model.environment) or None
    if model.package is not None:
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            model_package_name=model.package.arn,
            inference_specification_name=model.package.inference_specification,
            environment=environment,
        )
    assert model.container is not None  # Model refuses anything else
    # ModelDataUrl takes nothing but an address ending in .tar.gz (API member ContainerDefinition.ModelDataUrl). A
    # folder has none, and the CDK uploads a local archive under a key that ends in .gz.
    plain = artifact is not None and artifact.uri.endswith(".tar.gz") and not model.accept_eula
    needs_source = artifact is not None and not plain and not model.multi_model
    return sagemaker.CfnModel.ContainerDefinitionProperty(
        image=image.uri,
        image_config=_image_config(model.container),
        mode="MultiModel" if model.multi_model else None,
        model_data_url=artifact.uri if artifact is not None and not needs_source else None,
        model_data_source=_data_source(artifact, model) if artifact is not None and needs_source else None,
        environment=environment,
    )


def _image_config(container: Container) -> sagemaker.CfnModel.ImageConfigProperty | None:
    if not isinstance(container.image, ImageAddress) or not container.image.private_registry:
        return None
    provider = container.image.credentials_provider_arn
    if provider is None:
        return sagemaker.CfnModel.ImageConfigProperty(repository_access_mode="Vpc")
    return sagemaker.CfnModel.ImageConfigProperty(
        repository_access_mode="Vpc",
        repository_auth_config=sagemaker.CfnModel.RepositoryAuthConfigProperty(
            repository_credentials_provider_arn=provider
        ),
    )


def _data_source(artifact: ResolvedArtifact, model: Model) -> sagemaker.CfnModel.ModelDataSourceProperty:
    access = sagemaker.CfnModel.ModelAccessConfigProperty(accept_eula=True) if model.accept_eula else None
    return sagemaker.CfnModel.ModelDataSourceProperty(
        s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
            s3_uri=artifact.uri,
            s3_data_type="S3Prefix" if artifact.is_folder else "S3Object",
            compression_type="None" if artifact.is_folder else "Gzip",
            model_access_config=access,
        )
    )
