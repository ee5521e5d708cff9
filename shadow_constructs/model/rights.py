"""What a version's execution role may do, and why: one table from each option to the statements that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shadow_constructs.model import permissions
from shadow_constructs.model.artifacts import ResolvedArtifact
from shadow_constructs.model.permissions import Statement
from shadow_constructs.placing.place import Place
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.container import ImageAddress
from shadow_constructs.values.hardware import CoreDump, Hardware
from shadow_constructs.values.model import Model
from shadow_constructs.values.s3_address import split_s3_uri
from shadow_constructs.values.shadow_test import ShadowTest


@dataclass(frozen=True)
class Needs:
    """All that the statements of one version are made from.

    Attributes:
        model: The version.
        endpoint_name: The endpoint that it serves on.
        place: Where the stack is deployed.
        test: What the endpoint serves, or None where somebody else writes the endpoint.
        captured: Where captured data goes, or None.
        alarms: Names of the alarms that roll an update back.
        artifact: The version's files, or None.
        repository_arn: The ECR repository of its image, or None.
    """

    model: Model
    endpoint_name: str
    place: Place
    test: ShadowTest | None = None
    captured: CaptureDestination | None = None
    alarms: tuple[str, ...] = ()
    artifact: ResolvedArtifact | None = None
    repository_arn: str | None = None

    @property
    def hardware(self) -> list[Hardware]:
        """The instances that the version runs on, in all variants."""
        variants = () if self.test is None else self.test.variants
        found = (one.hardware for one in variants if one.model == self.model)
        return [one for one in found if isinstance(one, Hardware)]

    @property
    def core_dumps(self) -> list[CoreDump]:
        """Where the version's core dumps go, each place once."""
        return list(dict.fromkeys(one.core_dump for one in self.hardware if one.core_dump is not None))


@dataclass(frozen=True)
class Right:
    """What one option needs.

    Attributes:
        option: As the user writes it.
        statements: Makes its statements; none without the option.
        of_endpoint: Whether it comes from the endpoint, so that the role of a model that exists already lacks it.
    """

    option: str
    statements: Callable[[Needs], Iterator[Statement]]
    of_endpoint: bool = False


def _artifact_key(needs: Needs) -> Iterator[Statement]:
    if needs.model.artifact_key_arn is not None:
        yield permissions.decrypt("DecryptArtifact", needs.model.artifact_key_arn)


def _artifact(needs: Needs) -> Iterator[Statement]:
    if needs.artifact is not None:
        uri, is_folder = needs.artifact.uri, needs.artifact.is_folder
        yield from permissions.read_artifact(needs.place.partition, uri, is_folder=is_folder)


def _image(needs: Needs) -> Iterator[Statement]:
    if needs.repository_arn is not None:
        yield from permissions.pull_image(needs.repository_arn)


def _credentials(needs: Needs) -> Iterator[Statement]:
    image = None if needs.model.container is None else needs.model.container.image
    if isinstance(image, ImageAddress) and image.credentials_provider_arn is not None:
        yield permissions.registry_credentials(image.credentials_provider_arn)


def _always(needs: Needs) -> Iterator[Statement]:
    yield permissions.write_logs(needs.place, needs.endpoint_name)
    yield permissions.publish_metrics()


def _network(needs: Needs) -> Iterator[Statement]:
    if needs.model.network.attached:
        yield from permissions.join_vpc(needs.place, needs.model.network)


def _capture(needs: Needs) -> Iterator[Statement]:
    if needs.captured is not None:
        captured = needs.captured
        yield permissions.write_objects("WriteCaptured", needs.place.partition, captured.bucket, captured.prefix)


def _capture_key(needs: Needs) -> Iterator[Statement]:
    if needs.captured is not None and needs.captured.key_arn is not None:
        yield permissions.encrypt("EncryptCaptured", needs.captured.key_arn)


def _alarms(needs: Needs) -> Iterator[Statement]:
    if needs.alarms:
        yield permissions.describe_alarms(needs.place, needs.alarms)


def _volumes(needs: Needs) -> Iterator[Statement]:
    if needs.test is not None and needs.test.volume_key_arn is not None:
        yield from permissions.encrypt_volumes(needs.test.volume_key_arn)


def _dumps(needs: Needs) -> Iterator[Statement]:
    for number, dump in enumerate(needs.core_dumps):
        bucket, key = split_s3_uri(dump.destination)
        yield permissions.write_objects(f"WriteCoreDumps{number}", needs.place.partition, bucket, key.rstrip("/"))


def _dumps_key(needs: Needs) -> Iterator[Statement]:
    for number, dump in enumerate(needs.core_dumps):
        if dump.key_arn is not None:
            yield permissions.encrypt(f"EncryptCoreDumps{number}", dump.key_arn)


def _sessions(needs: Needs) -> Iterator[Statement]:
    if any(one.ssm_access for one in needs.hardware):
        yield permissions.open_sessions()


RIGHTS: tuple[Right, ...] = (
    Right("Model(artifact_key_arn=...)", _artifact_key),
    Right("Model(artifact=...)", _artifact),
    Right("an image in ECR", _image),
    Right("Container.private_registry(credentials_provider_arn=...)", _credentials),
    Right("always", _always),
    Right("Network(subnet_ids=..., security_group_ids=...)", _network),
    Right("Capture()", _capture, of_endpoint=True),
    Right("Capture(key_arn=...), Capture(customer_managed_key=True)", _capture_key, of_endpoint=True),
    Right("Guardrails(alarm_names=..., own_alarms=True)", _alarms, of_endpoint=True),
    Right("ShadowTest(volume_key_arn=...)", _volumes, of_endpoint=True),
    Right("Hardware(core_dump=...)", _dumps, of_endpoint=True),
    Right("CoreDump(key_arn=...)", _dumps_key, of_endpoint=True),
    Right("Hardware(ssm_access=True)", _sessions, of_endpoint=True),
)
"""Every option that needs a right of the execution role, in the order in which the policy states them."""


def statements_for(needs: Needs, *, of_endpoint_only: bool = False) -> list[Statement]:
    """All that a version's role must be allowed.

    Args:
        needs: What the version is and where it serves.
        of_endpoint_only: Leaves out what the role of a model that exists already has.
    """
    wanted = (right for right in RIGHTS if right.of_endpoint or not of_endpoint_only)
    return [statement for right in wanted for statement in right.statements(needs)]
