"""The machines a variant runs on, and how SageMaker starts containers and routes requests on them."""

from __future__ import annotations

from dataclasses import dataclass

from shadow_constructs.values.checks import check_arn, check_key_arn, check_text, check_type, check_whole_number
from shadow_constructs.values.pairs.of_hardware import PAIRS
from shadow_constructs.values.pairs.pair import check_pairs
from shadow_constructs.values.s3_address import ADDRESS, check_address
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract import hosting
from shadow_ops.contract.checks import check_flag, check_one_of, checking
from shadow_ops.contract.problems import Problems

# API member ProductionVariantInferenceAmiVersion, botocore 1.44.
AMI_VERSIONS = (
    "al2-ami-sagemaker-inference-gpu-2",
    "al2-ami-sagemaker-inference-gpu-2-1",
    "al2-ami-sagemaker-inference-gpu-3-1",
    "al2-ami-sagemaker-inference-neuron-2",
    "al2023-ami-sagemaker-inference-gpu-4-1",
)


@dataclass(frozen=True)
class Routing:
    """How requests are spread over a variant's instances (API member ProductionVariantRoutingConfig).

    Attributes:
        strategy: ``LEAST_OUTSTANDING_REQUESTS``, ``RANDOM`` or ``PREFIX_AWARE``.
        prefix_length: Characters of the request that choose the instance, 1024 to 65536; with PREFIX_AWARE only.
        concurrency_threshold: Requests in flight, 1 to 1024, above which another instance is taken; with
            PREFIX_AWARE only.
    """

    strategy: str
    prefix_length: int | None = None
    concurrency_threshold: int | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_one_of(problems, "strategy", self.strategy, ("LEAST_OUTSTANDING_REQUESTS", "RANDOM", "PREFIX_AWARE"))
        # What belongs to it depends on it.
        problems.raise_if_any()
        limits = {"prefix_length": (1024, 65536), "concurrency_threshold": (1, 1024)}
        for name, (lowest, highest) in limits.items():
            value = getattr(self, name)
            if self.strategy == "PREFIX_AWARE":
                check_whole_number(problems, name, value, lowest=lowest, highest=highest, fix="PREFIX_AWARE needs it")
            elif value is not None:
                problems.add(name, f"be left out with {self.strategy}", value)
        problems.raise_if_any()


@dataclass(frozen=True)
class CoreDump:
    """Where a crashing container leaves its core dump (API member ProductionVariantCoreDumpConfig).

    Attributes:
        destination: ``s3://bucket/prefix``, at most 512 characters; the execution role may write there. A CDK token
            is accepted inside it.
        key_arn: KMS key that encrypts the dumps. By default the bucket's own encryption.
    """

    destination: str
    key_arn: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        where = self.destination
        if isinstance(where, str) and is_token(where) and not where.startswith("s3://"):
            fix = "write f's3://{bucket.bucket_name}/<prefix>'"
            problems.add("destination", "start with a literal s3://", where, fix)
        else:
            rule = "be an address like s3://bucket/prefix"
            check_text(problems, "destination", where, pattern=ADDRESS, rule=rule, longest=512, tokens=True)
        if problems.count == 0:
            check_address(problems, "destination", self.destination)
        if self.key_arn is not None:
            check_key_arn(problems, "key_arn", self.key_arn)
        problems.raise_if_any()


@dataclass(frozen=True)
class Hardware:
    """Instances of one type. Numbers are plain numbers, not CDK tokens: synth compares and computes with them.

    Attributes:
        instance_type: Such as ``ml.m5.xlarge``.
        count: Instances at the start, at least 1.
        volume_gb: Size of each instance's storage volume, 1 to 512 GB. By default SageMaker chooses.
        model_download_timeout_seconds: 60 to 3600. By default SageMaker's own limit.
        startup_timeout_seconds: How long a container may take to pass its health check, 60 to 3600. By default
            SageMaker's own limit.
        instance_provision_timeout_seconds: How long to wait for capacity, 300 to 3600. By default SageMaker's limit.
        inference_ami_version: One of `AMI_VERSIONS`. By default SageMaker chooses.
        routing: How requests are spread over the instances. By default SageMaker's own way.
        ssm_access: Whether Systems Manager may open a session on the instances. By default off.
        core_dump: Where core dumps go. By default nowhere.
        capacity_reservation_arn: Reserved ML capacity that the variant runs on, and nowhere else.
        unlisted_type: Whether `instance_type` may be one that this release of the library doesn't list yet.
    """

    instance_type: str
    count: int = 1
    volume_gb: int | None = None
    model_download_timeout_seconds: int | None = None
    startup_timeout_seconds: int | None = None
    instance_provision_timeout_seconds: int | None = None
    inference_ami_version: str | None = None
    routing: Routing | None = None
    ssm_access: bool | None = None
    core_dump: CoreDump | None = None
    capacity_reservation_arn: str | None = None
    unlisted_type: bool = False

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_flag(problems, "unlisted_type", self.unlisted_type)
        self._check_instance_type(problems)
        check_whole_number(problems, "count", self.count, lowest=1)
        # Ranges of API member ProductionVariant, botocore 1.44.
        limits = {
            "volume_gb": (1, 512),
            "model_download_timeout_seconds": (60, 3600),
            "startup_timeout_seconds": (60, 3600),
            "instance_provision_timeout_seconds": (300, 3600),
        }
        for name, (lowest, highest) in limits.items():
            value = getattr(self, name)
            if value is not None:
                check_whole_number(problems, name, value, lowest=lowest, highest=highest)
        if self.inference_ami_version is not None:
            check_one_of(problems, "inference_ami_version", self.inference_ami_version, AMI_VERSIONS)
        if self.routing is not None:
            check_type(problems, "routing", self.routing, Routing, "be a Routing(...)")
        if self.ssm_access is not None:
            check_flag(problems, "ssm_access", self.ssm_access)
        if self.core_dump is not None:
            check_type(problems, "core_dump", self.core_dump, CoreDump, "be a CoreDump(...)")
        if self.capacity_reservation_arn is not None:
            arn = self.capacity_reservation_arn
            ending = r"[a-z0-9-]{1,14}/\S*[^\s/]"  # API member MlReservationArn
            check_arn(
                problems,
                "capacity_reservation_arn",
                arn,
                service="sagemaker",
                resource="",
                ending=ending,
                longest=258,
                example="training-plan/x",
            )
        if problems.count == 0:
            check_pairs(problems, PAIRS, self)
        problems.raise_if_any()

    @property
    def label(self) -> str:
        """The hardware in a few words: ``2 x ml.m5.xlarge``."""
        return f"{self.count} x {self.instance_type}"

    def _check_instance_type(self, problems: Problems) -> None:
        rule = "be an instance type such as ml.m5.xlarge"
        before = problems.count
        check_text(problems, "instance_type", self.instance_type, pattern=hosting.PATTERN, rule=rule)
        if problems.count > before or self.unlisted_type is True or self.instance_type in hosting.listed():
            return
        problems.add(
            "instance_type",
            "be an instance type that SageMaker hosts on",
            self.instance_type,
            f"{hosting.hint(self.instance_type)}if it is newer than this release, add unlisted_type=True",
        )


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """A serverless variant (API member ProductionVariantServerlessConfig). Not possible in a shadow test.

    Attributes:
        memory_mb: 1024 to 6144 in steps of 1024.
        max_concurrency: 1 to 200 requests at a time.
        provisioned_concurrency: 1 to `max_concurrency` kept warm. By default none.
    """

    memory_mb: int
    max_concurrency: int
    provisioned_concurrency: int | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_one_of(problems, "memory_mb", self.memory_mb, tuple(range(1024, 6145, 1024)))
        check_whole_number(problems, "max_concurrency", self.max_concurrency, lowest=1, highest=200)
        if self.provisioned_concurrency is not None:
            highest = self.max_concurrency if isinstance(self.max_concurrency, int) else 200
            value = self.provisioned_concurrency
            check_whole_number(problems, "provisioned_concurrency", value, lowest=1, highest=highest)
        problems.raise_if_any()

    @property
    def label(self) -> str:
        """The hardware in a few words."""
        return f"serverless, {self.memory_mb} MB"
