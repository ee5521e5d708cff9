"""One version of a model as SageMaker knows it, with the execution role that serves it."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from shadow_constructs.model import permissions
from shadow_constructs.model.artifacts import ResolvedArtifact, resolve_artifact
from shadow_constructs.model.execution_role import own_role, users_role
from shadow_constructs.model.images import resolve_image
from shadow_constructs.model.permissions import Statement
from shadow_constructs.values.artifact import check_artifact
from shadow_constructs.values.container import Container, ImageAddress
from shadow_constructs.values.model import Model
from shadow_ops.contract.problems import Problems


class ServingModel(Construct):
    """A SageMaker model and its execution role.

    The role belongs to this version alone. A promotion therefore neither widens nor narrows the rights of a version
    that is serving, and CloudFormation deletes the old version's role only after the endpoint has left it.

    Args:
        scope: Parent construct.
        construct_id: Keep it the same for the same version: it decides whether CloudFormation sees the same model.
        model: The version.
        endpoint_name: Whose log group the role may write to.
        extra_statements: What else the role must be allowed, such as writing captured data.

    Attributes:
        model_name: The SageMaker model's name, for an endpoint config.
        role_arn: The execution role's ARN, or None for a model that exists already with a role of its own.
        attached_policy: The policy attached to the user's role, which must outlive the endpoint, or None.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model,
        endpoint_name: str,
        extra_statements: Sequence[Statement] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._stack = cdk.Stack.of(self)
        self.role_arn = model.role_arn
        self.attached_policy: cdk.CfnResource | None = None
        if model.model_name is not None:
            self.model_name = model.model_name
            if model.role_arn is not None:
                role = users_role(self, model.role_arn, list(extra_statements), grant=model.grant_role)
                self.attached_policy = role.attached_policy
            return
        statements: list[Statement] = []
        definition = self._definition(model, statements)
        statements += self._common_statements(model, endpoint_name)
        statements += extra_statements
        if model.role_arn is None:
            role = own_role(self, statements, f"Serves version {model.version} on endpoint {endpoint_name}")
        else:
            role = users_role(self, model.role_arn, statements, grant=model.grant_role)
        self.role_arn = role.arn
        network = model.network
        resource = sagemaker.CfnModel(
            self,
            "Resource",
            execution_role_arn=role.arn,
            primary_container=definition,
            enable_network_isolation=True if network.isolated else None,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=list(network.subnet_ids), security_group_ids=list(network.security_group_ids)
            )
            if network.in_vpc
            else None,
        )
        if role.attached_policy is not None:
            resource.add_resource_dependency(role.attached_policy)
            self.attached_policy = role.attached_policy
        self.model_name = resource.attr_model_name

    def _definition(self, model: Model, statements: list[Statement]) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        """Render the container, and collect what the role needs for it."""
        environment = dict(model.environment) or None
        if model.artifact_key_arn is not None:
            statements.append(permissions.decrypt("DecryptArtifact", model.artifact_key_arn))
        if model.package is not None:
            artifact = check_artifact(Problems("ModelPackage"), "artifact", model.package.artifact)
            if artifact is not None:
                self._read(resolve_artifact(self, artifact), statements)
            self._pull(Container.uri(model.package.image), statements)
            return sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=model.package.arn,
                inference_specification_name=model.package.inference_specification,
                environment=environment,
            )
        assert model.container is not None  # Model refuses anything else
        resolved = None if model.parsed_artifact is None else resolve_artifact(self, model.parsed_artifact)
        if resolved is not None:
            self._read(resolved, statements)
        # ModelDataUrl takes nothing but an address ending in .tar.gz (API member ContainerDefinition.ModelDataUrl). A
        # folder has none, and the CDK uploads a local archive under a key that ends in .gz.
        plain = resolved is not None and resolved.uri.endswith(".tar.gz") and not model.accept_eula
        needs_source = resolved is not None and not plain and not model.multi_model
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            image=self._pull(model.container, statements),
            image_config=self._image_config(model.container, statements),
            mode="MultiModel" if model.multi_model else None,
            model_data_url=resolved.uri if resolved is not None and not needs_source else None,
            model_data_source=_data_source(resolved, model) if resolved is not None and needs_source else None,
            environment=environment,
        )

    def _read(self, artifact: ResolvedArtifact, statements: list[Statement]) -> None:
        statements += permissions.read_artifact(self._stack.partition, artifact.uri, is_folder=artifact.is_folder)

    def _pull(self, container: Container, statements: list[Statement]) -> str:
        image = resolve_image(self, self._stack, container)
        if image.repository_arn is not None:
            statements += permissions.pull_image(image.repository_arn)
        return image.uri

    def _image_config(
        self, container: Container, statements: list[Statement]
    ) -> sagemaker.CfnModel.ImageConfigProperty | None:
        if not isinstance(container.image, ImageAddress) or not container.image.private_registry:
            return None
        provider = container.image.credentials_provider_arn
        if provider is None:
            return sagemaker.CfnModel.ImageConfigProperty(repository_access_mode="Vpc")
        statements.append(permissions.registry_credentials(provider))
        return sagemaker.CfnModel.ImageConfigProperty(
            repository_access_mode="Vpc",
            repository_auth_config=sagemaker.CfnModel.RepositoryAuthConfigProperty(
                repository_credentials_provider_arn=provider
            ),
        )

    def _common_statements(self, model: Model, endpoint_name: str) -> list[Statement]:
        stack = self._stack
        statements = [
            permissions.write_logs(stack.partition, stack.region, stack.account, endpoint_name),
            permissions.publish_metrics(),
        ]
        if model.network.in_vpc:
            statements += permissions.join_vpc(stack.partition, stack.region, stack.account, model.network)
        return statements


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
