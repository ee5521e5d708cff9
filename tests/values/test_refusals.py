"""Bad input: each mistake is refused in one line that says what, got, allowed and, where it helps, the fix."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Guard,
    Hardware,
    InvalidValueError,
    ManagedShadowTest,
    MetricsPublishing,
    Model,
    ModelPackage,
    Network,
    Routing,
    Serverless,
    Watch,
)
from shadow_constructs.values.warnings import warnings_of
from tests.values.samples import IMAGE, KEY_ARN, hardware, model, serving, shadow_test, variant

SERVERLESS = Serverless(memory_mb=2048, max_concurrency=5)
XGBOOST_VERSIONS = "0.90-1, 0.90-2, 1.0-1, 1.2-1, 1.2-2, 1.3-1, 1.5-1, 1.7-1, 3.0-5, 3.2-0"
NAME_RULE = "must be 1 to 63 letters, digits or inner hyphens"
ARTIFACT_RULE = "must be a single .tar.gz, or a folder of uncompressed files whose address ends in '/'"
SAMPLING_RULE = "ShadowTest: 'sampling_percent' must be above 0 and at most 100"
BUCKET_RULE = "must lie in a bucket (general purpose, 3 to 63 small letters, digits, dots and hyphens)"
NO_SHADOW = "to stop copying requests, drop the shadow"
MULTI_MODEL = {"container": Container.uri(IMAGE), "artifact": "s3://my-models/many/", "multi_model": True}

WHOLE_LINES: dict[str, tuple[Callable[[], object], str]] = {
    "bucket that no permission can name": (
        lambda: model(artifact="s3://*/m.tar.gz"),
        f"Model: 'artifact' {BUCKET_RULE}, got '*'",
    ),
    "bucket's name with two dots": (
        lambda: model(artifact="s3://x..y/m/"),
        f"Model: 'artifact' {BUCKET_RULE}, got 'x..y'",
    ),
    "short bucket": (lambda: model(artifact="s3://ab/m/"), f"Model: 'artifact' {BUCKET_RULE}, got 'ab'"),
    "long bucket": (
        lambda: CoreDump(f"s3://{'b' * 64}/dumps"),
        f"CoreDump: 'destination' {BUCKET_RULE}, got '{'b' * 64}'",
    ),
    "access point": (
        lambda: model(artifact="s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/x/m.tar.gz"),
        f"Model: 'artifact' {BUCKET_RULE}, got 'arn:aws:s3:eu-west-1:111122223333:accesspoint'",
    ),
    "alias of an access point": (
        lambda: model(artifact="s3://x-abc-s3alias/m.tar.gz"),
        f"Model: 'artifact' {BUCKET_RULE}, got 'x-abc-s3alias'",
    ),
    "directory bucket": (
        lambda: model(artifact="s3://x--euw1-az1--x-s3/m/"),
        f"Model: 'artifact' {BUCKET_RULE}, got 'x--euw1-az1--x-s3'",
    ),
    "variable of CloudFormation": (
        lambda: model(artifact="s3://my-models/${AWS::Region}/m/"),
        "Model: 'artifact' must have no *, ? or ${ in its key, got '${AWS::Region}/m/'; a permission would be for "
        "other keys too; names of the CDK's are written f'{bucket.bucket_name}'",
    ),
    "sampling 0": (lambda: shadow_test(sampling_percent=0), f"{SAMPLING_RULE}, got 0; {NO_SHADOW}"),
    "sampling 101": (lambda: shadow_test(sampling_percent=101), f"{SAMPLING_RULE}, got 101; {NO_SHADOW}"),
    "sampling without a shadow": (
        lambda: serving(sampling_percent=50),
        "ShadowTest: 'sampling_percent' must be left out without a shadow, got 50",
    ),
    "two production variants": (
        lambda: shadow_test(other_production=[variant("v3", "other")]),
        "ShadowTest: 'other_production' must be empty with a shadow, got '2 production variants'; "
        "SageMaker allows one and one",
    ),
    "equal names": (
        lambda: shadow_test(shadow=variant("v2", "production")),
        "ShadowTest: 'name' must differ between the variants, got 'production'",
    ),
    "equal versions, different models": (
        lambda: shadow_test(shadow=variant(model=model("v1", artifact="s3://my-models/other.tar.gz"))),
        "ShadowTest: 'version' must mean one model, got 'v1'; give the changed model a version of its own",
    ),
    "serverless shadow": (
        lambda: shadow_test(shadow=variant("v2", hardware=SERVERLESS), capture=Capture.off()),
        "ShadowTest: 'hardware' must be instances in a shadow test, got 'serverless variant shadow'",
    ),
    "serverless production beside a shadow": (
        lambda: shadow_test(production=variant("v1", hardware=SERVERLESS), capture=Capture.off()),
        "ShadowTest: 'hardware' must be instances in a shadow test, got 'serverless variant production'",
    ),
    "serverless with capture": (
        lambda: serving(production=variant("v1", hardware=SERVERLESS)),
        "ShadowTest: 'capture' must be Capture.off() with a serverless variant, got 'capture on'; "
        "or choose Hardware(...)",
    ),
    "multi-model shadow": (
        lambda: shadow_test(shadow=variant(model=model("v2", **MULTI_MODEL))),
        "ShadowTest: 'multi_model' must be off in a shadow test, got 'version v2'",
    ),
    "Inf1": (
        lambda: shadow_test(shadow=variant("v2", hardware=hardware("ml.inf1.xlarge"))),
        "ShadowTest: 'hardware' must not be Inf1 in a shadow test, got 'ml.inf1.xlarge'; "
        "choose ml.inf2 or another type",
    ),
    "endpoint name": (
        lambda: shadow_test(endpoint_name="my_endpoint"),
        f"ShadowTest: 'endpoint_name' {NAME_RULE}, got 'my_endpoint'",
    ),
    "no .tar.gz in S3": (
        lambda: model(artifact="s3://my-models/v1/model.zip"),
        f"Model: 'artifact' {ARTIFACT_RULE}, got 's3://my-models/v1/model.zip'; "
        "pack the model with tar -czf model.tar.gz, or end the address in '/'",
    ),
    "no .tar.gz here": (
        lambda: model(artifact="model.zip"),
        "Model: 'artifact' must be a .tar.gz, got 'model.zip'; pack the model with tar -czf model.tar.gz",
    ),
    "local file not there": (
        lambda: model(artifact=Path("nowhere/model.tar.gz")),
        "Model: 'artifact' must be an existing local file, or start with s3://, got 'nowhere/model.tar.gz'",
    ),
    "unknown XGBoost": (
        lambda: Container.xgboost("9.9-9"),
        f"Container.xgboost: 'version' must be one of {XGBOOST_VERSIONS}, got '9.9-9'",
    ),
    "misspelt instance type": (
        lambda: Hardware("ml.m5.xlrage"),
        "Hardware: 'instance_type' must be an instance type that SageMaker hosts on, got 'ml.m5.xlrage'; "
        "did you mean ml.m5.xlarge? if it is newer than this release, add unlisted_type=True",
    ),
    "instance type of EC2": (
        lambda: Hardware("m5.xlarge"),
        "Hardware: 'instance_type' must be an instance type such as ml.m5.xlarge, got 'm5.xlarge'",
    ),
    "nothing serves": (
        lambda: Model(version="v1"),
        "Model: 'container' must be given, or else package or model_name, and only one of the three, "
        "got 'none of them'",
    ),
    "two things serve": (
        lambda: model(model_name="churn-7"),
        "Model: 'container' must be given, or else package or model_name, and only one of the three, "
        "got 'container and model_name'",
    ),
    "capture of nothing": (
        lambda: Capture(requests=False, responses=False),
        "Capture: 'requests' must be kept if responses aren't, got False; to capture nothing, write Capture.off()",
    ),
    "x86 image on Arm": (
        lambda: variant(hardware=hardware("ml.c7g.large")),
        "Variant: 'hardware' must be an x86 instance type for v1 (xgboost 3.0-5), got 'ml.c7g.large'; "
        "or give an image for Arm",
    ),
    "promotion without a shadow": (
        lambda: serving().promoted(),
        "promoted: 'shadow' must be there to be promoted, got None; this endpoint has no shadow test",
    ),
    "promotion that changes nothing": (
        lambda: shadow_test(shadow=variant("v1", hardware=hardware("ml.c5.xlarge")), promote_on="production"),
        "ShadowTest: 'promote_on' must change something in production, got 'production'; "
        "the shadow tests other hardware for the same model: say promote_on='shadow' or leave it out",
    ),
    "promotion to unknown hardware": (
        lambda: shadow_test(promote_on="bigger"),
        "ShadowTest: 'promote_on' must be 'production', 'shadow' or a Hardware(...), got 'bigger'",
    ),
    "promotion on hardware without a shadow": (
        lambda: serving(promote_on="production"),
        "ShadowTest: 'promote_on' must be left out without a shadow, got 'production'",
    ),
}


@pytest.mark.parametrize("case", WHOLE_LINES)
def test_fails_with_one_line_that_says_what_got_allowed_and_fix(case: str) -> None:
    """The whole message is pinned, because it is all that a user sees."""
    make, line = WHOLE_LINES[case]

    with pytest.raises(InvalidValueError) as refused:
        make()

    assert str(refused.value) == line


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "sampling below 0": (lambda: shadow_test(sampling_percent=-1), "'sampling_percent'"),
    "sampling not a number": (lambda: shadow_test(sampling_percent=math.nan), "'sampling_percent'"),
    "sampling as text": (lambda: shadow_test(sampling_percent="50"), "'sampling_percent'"),
    "sampling as a flag": (lambda: shadow_test(sampling_percent=True), "'sampling_percent'"),
    "sampling of no weight": (lambda: shadow_test(sampling_percent=5e-324), "'sampling_percent'"),
    "sampling beyond floats": (lambda: shadow_test(sampling_percent=10**400), "'sampling_percent'"),
    "two shadows": (lambda: shadow_test(shadow=[variant("v2"), variant("v3")]), "SageMaker allows a single shadow"),
    "a list as production": (lambda: shadow_test(production=[variant()]), "'production' must be one Variant(...)"),
    "a lone other variant": (lambda: serving(other_production=variant("v2")), "must be a list of Variant(...)"),
    "eleven variants": (
        lambda: serving(other_production=[variant(f"v{n}", f"v{n}") for n in range(10)]),
        "'other_production' must have at most 9 entries, got 10",
    ),
    "an unnamed other variant": (lambda: serving(other_production=[variant("v2")]), "give each variant a name"),
    "no weight at all": (
        lambda: serving(production=variant(weight=0), other_production=[variant("v2", "b", weight=0)]),
        "'weight' must be above 0 for at least one production variant",
    ),
    "negative weight": (lambda: variant(weight=-1), "'weight' must be a number of at least 0"),
    "endless weight": (lambda: variant(weight=math.inf), "'weight' must be a number of at least 0"),
    "endpoint name of 64": (lambda: shadow_test(endpoint_name="a" * 64), NAME_RULE),
    "variant name": (lambda: variant(name="-x"), NAME_RULE),
    "model name": (lambda: Model(version="v1", model_name="churn_7"), NAME_RULE),
    "no Model": (lambda: variant(model="v1"), "'model' must be a Model(...)"),
    "no Hardware": (lambda: variant(hardware="ml.m5.xlarge"), "'hardware' must be a Hardware(...)"),
    "no Capture": (lambda: shadow_test(capture=None), "'capture' must be a Capture(...) or Capture.off()"),
    "no MetricsPublishing": (lambda: shadow_test(metrics={}), "'metrics' must be a MetricsPublishing(...)"),
    "volume key": (lambda: shadow_test(volume_key_arn="alias/mine"), "'volume_key_arn' must be an ARN like"),
    "50 tags": (lambda: shadow_test(tags={f"k{n}": "" for n in range(50)}), "'tags' must have at most 49 entries"),
    "AWS's own tag": (lambda: shadow_test(tags={"aws:x": "y"}), "not starting with aws:, got 'aws:x'"),
    "tag text": (lambda: shadow_test(tags={"team": "a" * 257}), "as value of 'team'"),
    "tag of a number": (lambda: shadow_test(tags={"team": 3}), "as value of 'team', got 3"),
    "tags not a dict": (lambda: shadow_test(tags=["team"]), "'tags' must be a dict"),
    "gate": (
        lambda: shadow_test(gate="strict"),
        "or GatePolicy.none(reason=...), got 'strict'",
    ),
    "alerts": (lambda: shadow_test(alerts=None), "must be an Alerts(...) or Alerts.off(...), got None"),
    "dashboard": (lambda: shadow_test(dashboard=False), "must be a Dashboard(...) or Dashboard.off(), got False"),
    "guardrails": (
        lambda: shadow_test(guardrails="off"),
        "or Guardrails.off(reason=...), got 'off'",
    ),
    "guard": (lambda: shadow_test(guard="off"), "must be a Guard(...) or Guard.off(reason), got 'off'"),
    "no instance": (lambda: hardware(count=0), "'count' must be a whole number of at least 1, got 0"),
    "half an instance": (lambda: hardware(count=1.5), "'count' must be a whole number"),
    "true instances": (lambda: hardware(count=True), "'count' must be a whole number"),
    "volume 0": (lambda: hardware(volume_gb=0), "from 1 to 512, got 0"),
    "volume 513": (lambda: hardware(volume_gb=513), "from 1 to 512, got 513"),
    "download 59": (lambda: hardware(model_download_timeout_seconds=59), "from 60 to 3600, got 59"),
    "download 3601": (lambda: hardware(model_download_timeout_seconds=3601), "from 60 to 3600, got 3601"),
    "startup 59": (lambda: hardware(startup_timeout_seconds=59), "from 60 to 3600, got 59"),
    "startup 3601": (lambda: hardware(startup_timeout_seconds=3601), "from 60 to 3600, got 3601"),
    "provision 299": (lambda: hardware(instance_provision_timeout_seconds=299), "from 300 to 3600, got 299"),
    "provision 3601": (lambda: hardware(instance_provision_timeout_seconds=3601), "from 300 to 3600, got 3601"),
    "AMI": (lambda: hardware(inference_ami_version="al3"), "must be one of al2-ami-sagemaker-inference-gpu-2, "),
    "routing as text": (lambda: hardware(routing="RANDOM"), "'routing' must be a Routing(...)"),
    "ssm_access": (lambda: hardware(ssm_access="yes"), "'ssm_access' must be True or False"),
    "core dump as text": (lambda: hardware(core_dump="s3://dumps"), "'core_dump' must be a CoreDump(...)"),
    "reservation": (lambda: hardware(capacity_reservation_arn="arn:aws:s3:::x"), "'capacity_reservation_arn'"),
    "unlisted_type": (lambda: hardware(unlisted_type="yes"), "'unlisted_type' must be True or False"),
    "KV_AWARE, unknown to CloudFormation": (lambda: Routing("KV_AWARE"), "RANDOM, PREFIX_AWARE, got 'KV_AWARE'"),
    "prefix length 1023": (lambda: Routing("PREFIX_AWARE", 1023, 1), "from 1024 to 65536, got 1023"),
    "prefix length 65537": (lambda: Routing("PREFIX_AWARE", 65537, 1), "from 1024 to 65536, got 65537"),
    "threshold 0": (lambda: Routing("PREFIX_AWARE", 1024, 0), "from 1 to 1024, got 0"),
    "threshold 1025": (lambda: Routing("PREFIX_AWARE", 1024, 1025), "from 1 to 1024, got 1025"),
    "prefix without PREFIX_AWARE": (lambda: Routing("RANDOM", 2000), "'prefix_length' must be left out with RANDOM"),
    "dump elsewhere": (lambda: CoreDump("dumps/x"), "'destination' must be an address like s3://bucket/prefix"),
    "dump address of 513": (lambda: CoreDump("s3://bucket/" + "x" * 506), "(at most 512 characters)"),
    "dump to None": (lambda: CoreDump(None), "'destination' must be an address"),  # type: ignore[arg-type] # on purpose
    "dump key": (lambda: CoreDump("s3://dumps", key_arn="alias/mine"), "'key_arn' must be an ARN like"),
    "memory 1000": (lambda: Serverless(memory_mb=1000, max_concurrency=5), "one of 1024, 2048, 3072, 4096, 5120, 6144"),
    "memory 7168": (lambda: Serverless(memory_mb=7168, max_concurrency=5), "one of 1024, 2048, 3072, 4096, 5120, 6144"),
    "concurrency 0": (lambda: Serverless(memory_mb=1024, max_concurrency=0), "from 1 to 200, got 0"),
    "concurrency 201": (lambda: Serverless(memory_mb=1024, max_concurrency=201), "from 1 to 200, got 201"),
    "provisioned above the maximum": (
        lambda: Serverless(memory_mb=1024, max_concurrency=5, provisioned_concurrency=6),
        "'provisioned_concurrency' must be a whole number from 1 to 5, got 6",
    ),
    "frequency": (lambda: MetricsPublishing(frequency_seconds=45), "one of 10, 30, 60, 120, 180, 240, 300, got 45"),
    "enhanced": (lambda: MetricsPublishing(enhanced=1), "'enhanced' must be True or False"),  # type: ignore[arg-type] # on purpose
    "capture 101 %": (lambda: Capture(percent=101), "'percent' must be a whole number from 0 to 100, got 101"),
    "capture -1 %": (lambda: Capture(percent=-1), "'percent' must be a whole number from 0 to 100, got -1"),
    "capture half a percent": (lambda: Capture(percent=0.5), "'percent' must be a whole number"),  # type: ignore[arg-type] # on purpose
    "content type not listed": (lambda: Capture(csv_content_types="text/csv"), "be a list, got 'text/csv'; write ["),
    "content type with +": (lambda: Capture(json_content_types=["application/ld+json"]), "SageMaker takes no '+'"),
    "content type too long": (lambda: Capture(json_content_types=["a/" + "b" * 255]), "(at most 256 characters)"),
    "11 content types": (lambda: Capture(csv_content_types=["text/csv"] * 11), "have at most 10 entries, got 11"),
    "bucket": (lambda: Capture(bucket="My_Bucket"), "'bucket' must be the name of a bucket"),
    "bucket with two dots": (lambda: Capture(bucket="a..b"), "'bucket' must be the name of a bucket"),
    "bucket of an address": (lambda: Capture(bucket="192.168.0.1"), "'bucket' must be the name of a bucket"),
    "prefix with slashes": (lambda: Capture(prefix="/captured/"), "without slashes at its ends"),
    "prefix with a space": (lambda: Capture(prefix="a b"), "'prefix' must be a folder"),
    "prefix of 441": (lambda: Capture(prefix="a" * 441), "(at most 440 characters)"),
    "capture key": (lambda: Capture(key_arn="alias/mine"), "'key_arn' must be an ARN like"),
    "expiry 0": (lambda: Capture(expire_after_days=0), "'expire_after_days' must be a whole number of at least 1"),
    "two keys": (lambda: Capture(customer_managed_key=True, key_arn=KEY_ARN), "must be left out with key_arn"),
    "a key for your own bucket": (
        lambda: Capture(bucket="captured", customer_managed_key=True),
        "'customer_managed_key' must be left out with a bucket of your own",
    ),
    "deletion of your own bucket": (
        lambda: Capture(bucket="captured", delete_with_stack=True),
        "'delete_with_stack' must be left out with a bucket of your own",
    ),
    "one subnet": (lambda: Network(subnet_ids=["subnet-1"], security_group_ids=["sg-1"]), "have 2 to 16 entries"),
    "17 subnets": (
        lambda: Network(subnet_ids=[f"subnet-{n}" for n in range(17)], security_group_ids=["sg-1"]),
        "'subnet_ids' must have 2 to 16 entries",
    ),
    "subnets without groups": (
        lambda: Network(subnet_ids=["subnet-1", "subnet-2"]),
        "'security_group_ids' must have 1 to 5 entries, got []",
    ),
    "six groups": (
        lambda: Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=[f"sg-{n}" for n in range(6)]),
        "'security_group_ids' must have 1 to 5 entries",
    ),
    "a subnet's id": (
        lambda: Network(subnet_ids=["subnet 1", "subnet-2"], security_group_ids=["sg-1"]),
        "'subnet_ids' must hold ids like subnet-0abc, got 'subnet 1'",
    ),
    "groups for subnets": (
        lambda: Network(subnet_ids=["sg-1", "subnet-2"], security_group_ids=["sg-1"]),
        "'subnet_ids' must hold ids like subnet-0abc, got 'sg-1'",
    ),
    "a subnet for a group": (
        lambda: Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["subnet-1"]),
        "'security_group_ids' must hold ids like sg-0abc, got 'subnet-1'",
    ),
    "a text of subnets": (
        lambda: Network(subnet_ids="subnet-1", security_group_ids=["sg-1"]),
        "'subnet_ids' must be a list, got 'subnet-1'; write ['subnet-1']",
    ),
    "isolated": (lambda: Network(isolated="yes"), "'isolated' must be True or False"),  # type: ignore[arg-type] # on purpose
    "version": (lambda: model("v 1", artifact=None), "'version' must be 1 to 63 letters, digits or . _ + -"),
    "variable's name": (lambda: model(environment={"1A": "x"}), "not starting with a digit, got '1A'"),
    "variable's type": (lambda: model(environment={"A": 2}), "text as value of 'A', got 2; put it in quotes"),
    "variable of 1025 bytes": (lambda: model(environment={"A": "ü" * 513}), "at most 1024 bytes as value of 'A'"),
    "101 variables": (lambda: model(environment={f"K{n}": "" for n in range(101)}), "at most 100 entries, got 101"),
    "33 KB of variables": (lambda: model(environment={f"K{n}": "x" * 1000 for n in range(33)}), "32768 bytes in all"),
    "no dict of variables": (lambda: model(environment=["A"]), "'environment' must be a dict"),
    "role": (lambda: model(role_arn="my-role"), "'role_arn' must be an ARN like"),
    "artifact key": (lambda: model(artifact_key_arn="alias/mine"), "'artifact_key_arn' must be an ARN like"),
    "artifact of 1025": (lambda: model(artifact=f"s3://bucket/{'x' * 1012}.tar.gz"), "with at most 1024 characters"),
    "artifact without a key": (lambda: model(artifact="s3://bucket"), "give s3://bucket/key"),
    "artifact of a number": (lambda: model(artifact=3), "must be an S3 address or the path of a local .tar.gz"),
    "multi-model of an archive": (lambda: model(multi_model=True), "'multi_model' must come with an artifact that is"),
    "licence of nothing": (lambda: model(accept_eula=True, artifact=None), "'accept_eula' must come with an artifact"),
    "artifact of an existing model": (
        lambda: Model(version="v1", model_name="churn-7", artifact="s3://bucket/x.tar.gz"),
        "'artifact' must be left out without a container",
    ),
    "private registry without a VPC": (
        lambda: Model(version="v1", container=Container.private_registry("registry.example/churn:7")),
        "'network' must name subnets and security groups",
    ),
    "container as text": (lambda: model(container=IMAGE), "'container' must be made by Container.xgboost(...)"),
    "container by hand": (lambda: Container(IMAGE), "'image' must be made by Container.uri(...)"),  # type: ignore[arg-type] # on purpose
    "package as text": (lambda: Model(version="v1", package="arn"), "'package' must be a ModelPackage(...)"),  # type: ignore[arg-type] # on purpose
    "image with a space": (lambda: Container.uri("a b"), "'uri' must be an image in ECR"),
    "image of 256": (lambda: Container.uri("a" * 256), "(at most 255 characters)"),
    "ECR repository with its host": (lambda: Container.ecr("host.com:5000/Repo", "7"), "without its host"),
    "secure parameter": (
        lambda: model(environment={"A": "{{resolve:ssm-secure:db:1}}"}),
        "'environment' must have no secure parameter as value of 'A'",
    ),
    "ECR tag": (lambda: Container.ecr("churn", "a tag"), "'tag_or_digest' must be an image tag, or sha256:"),
    "ECR account": (lambda: Container.ecr("churn", "7", account="12"), "'account' must be 12 digits in quotes"),
    "ECR repository too long with its tag": (
        lambda: Container.ecr("a" * 209, "7", region="eu-west-1"),
        "'repository' must have at most 208 characters with this tag or digest: an image's address may have 255",
    ),
    "ECR region": (lambda: Container.ecr("churn", "7", region="mars"), "'region' must be a region such as eu-west-1"),
    "no Dockerfile folder": (lambda: Container.dockerfile("nowhere"), "'directory' must be an existing folder"),
    "no Dockerfile": (lambda: Container.dockerfile(Path(__file__).parent), "'file' must be a file in "),
    "platform": (
        lambda: Container.dockerfile(Path(__file__).parent, file=Path(__file__).name, platform="linux/386"),
        "'platform' must be one of",
    ),
    "credentials": (
        lambda: Container.private_registry("r/x:1", credentials_provider_arn="f"),
        "'credentials_provider_",
    ),
    "DLC repository": (lambda: Container.deep_learning("PyTorch", "2.6"), "'repository' must be a repository name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_fails_beyond_each_range_pattern_and_enum(case: str) -> None:
    """One line names the argument and what is allowed; nothing gets as far as a template."""
    make, part = REFUSED[case]

    with pytest.raises(InvalidValueError) as refused:
        make()

    assert len(refused.value.problems) == 1
    assert "\n" not in refused.value.problems[0]
    assert part in refused.value.problems[0]


ALLOWED: dict[str, Callable[[], object]] = {
    "smallest hardware": lambda: hardware(
        volume_gb=1,
        model_download_timeout_seconds=60,
        startup_timeout_seconds=60,
        instance_provision_timeout_seconds=300,
    ),
    "largest hardware": lambda: hardware(
        volume_gb=512,
        model_download_timeout_seconds=3600,
        startup_timeout_seconds=3600,
        instance_provision_timeout_seconds=3600,
    ),
    "an instance type of tomorrow": lambda: hardware("ml.m99.xlarge", unlisted_type=True),
    "routing at its lower ends": lambda: Routing("PREFIX_AWARE", 1024, 1),
    "routing at its upper ends": lambda: Routing("PREFIX_AWARE", 65536, 1024),
    "serverless at its ends": lambda: Serverless(memory_mb=6144, max_concurrency=200, provisioned_concurrency=200),
    "names of 63": lambda: shadow_test(endpoint_name="a" * 63, production=variant(name="b" * 63)),
    "runs of hyphens": lambda: shadow_test(endpoint_name="a---b"),
    "ten production variants": lambda: serving(other_production=[variant(f"v{n}", f"v{n}") for n in range(9)]),
    "no weight beside another": lambda: serving(other_production=[variant("v2", "b", weight=0)]),
    "capture of no request": lambda: Capture(percent=0),
    "captures kept for good": lambda: Capture(expire_after_days=None),
    "captures at the bucket's root": lambda: Capture(prefix=""),
    "no text content": lambda: Capture(csv_content_types=(), json_content_types=()),
    "Inf1 without a shadow": lambda: serving(production=variant(hardware=hardware("ml.inf1.xlarge"))),
    "multi-model without a shadow": lambda: serving(production=variant(model=model("v1", **MULTI_MODEL))),
    "serverless without a shadow": lambda: serving(production=variant(hardware=SERVERLESS), capture=Capture.off()),
    "the longest address": lambda: Container.ecr("a" * 208, "7", region="eu-west-1"),
    "a digest": lambda: Container.ecr(
        "team/churn", f"sha256:{'0' * 64}", account="111122223333", region="us-gov-west-1"
    ),
    "100 variables": lambda: model(environment={f"K{n}": "" for n in range(100)}),
    "49 tags": lambda: shadow_test(tags={f"k{n}": "Greetings: a/b=c+d-e@f" for n in range(49)}),
    "a package": lambda: ModelPackage(
        "arn:aws-cn:sagemaker:cn-north-1:111122223333:model-package/churn/7",
        artifact="s3://bucket/k.tar.gz",
        image=IMAGE,
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_lies_on_a_limit_is_taken(case: str) -> None:
    """A limit belongs to the range, and what a shadow test excludes is fine without a shadow."""
    assert ALLOWED[case]() is not None


def test_fails_with_all_mistakes_of_a_value_at_once() -> None:
    """Three mistakes are three lines, so nobody repairs them one synth at a time."""
    with pytest.raises(InvalidValueError) as refused:
        Hardware("ml.m5.xlarge", count=0, volume_gb=1000, ssm_access="yes")  # type: ignore[arg-type] # on purpose

    assert str(refused.value).splitlines() == [
        "Hardware: 'count' must be a whole number of at least 1, got 0",
        "Hardware: 'volume_gb' must be a whole number from 1 to 512, got 1000",
        "Hardware: 'ssm_access' must be True or False, got 'yes'",
    ]


def test_fails_with_mistakes_of_the_whole_test_at_once() -> None:
    """What is wrong with each part and what is wrong between them come in one refusal."""
    with pytest.raises(InvalidValueError) as refused:
        shadow_test(
            endpoint_name="my_endpoint",
            shadow=variant("v2", "production", hardware=hardware("ml.inf1.xlarge")),
            other_production=[variant("v3", "other")],
            sampling_percent=250,
            tags={"aws:x": "y"},
        )

    found = [line.split("'")[1] for line in refused.value.problems]
    assert sorted(found) == ["endpoint_name", "hardware", "name", "other_production", "sampling_percent", "tags"]


def test_an_endless_value_is_shortened_in_the_message() -> None:
    """A message stays one readable line, whatever was passed."""
    with pytest.raises(InvalidValueError) as refused:
        Container.uri("x " * 5000)

    assert len(str(refused.value)) < 320


def test_a_refusal_is_a_value_error() -> None:
    """Callers that know nothing of the library can still catch it."""
    with pytest.raises(ValueError, match="'count'"):
        hardware(count=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: shadow_test(tags={"k" * 5000: "bad \x1b value"}),
        lambda: model(environment={"K" * 5000: 1}),
        lambda: Alerts(emails="e" * 5000),
    ],
)
def test_an_endless_name_is_shortened_wherever_it_stands(make: Callable[[], object]) -> None:
    """The key of a value that is wrong, and the fix, are as bounded as the value itself."""
    with pytest.raises(InvalidValueError) as refused:
        make()

    assert all(len(line) < 600 for line in refused.value.problems)


@pytest.mark.parametrize(
    "make",
    [
        lambda arn: Guard(role_arn=arn),
        lambda arn: Watch(role_arn=arn),
        lambda arn: model(role_arn=arn),
        lambda arn: ManagedShadowTest(test=shadow_test(), role_arn=arn),
    ],
)
def test_a_role_is_none_that_is_linked_to_a_service(make: Callable[[str], object]) -> None:
    """IAM attaches no policy to it, and neither Lambda nor SageMaker assumes it."""
    linked = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    make("arn:aws:iam::111122223333:role/serving/aws-service-role")
    for arn in (linked, linked.replace("111122223333", "${Token[AWS.AccountId.1]}")):
        with pytest.raises(InvalidValueError, match="'role_arn' must not be a service-linked role"):
            make(arn)


@pytest.mark.parametrize(
    ("key", "value", "warned"),
    [
        ("DB_PASS", "x", 1),
        ("PWD_DB", "x", 1),
        ("GITHUB_PAT", "x", 1),
        ("PASSPHRASE", "x", 1),
        ("API_SECRETS", "x", 1),
        ("CONN_STR", "postgres://u:p@h/d", 1),
        ("CACHE", "redis://:p@h:6379/0", 1),
        ("CONFIG", "{{resolve:secretsmanager:db:SecretString:password}}", 1),
        ("CONFIG", "-----BEGIN RSA PRIVATE KEY-----", 1),
        ("CONFIG", f"AKIA{'A1' * 8}", 1),
        ("CONFIG", f"token ghp_{'a' * 36}", 1),
        ("CONFIG", f"github_pat_{'a' * 22}", 1),
        ("CONFIG", f"glpat-{'a' * 20}", 1),
        ("CONFIG", f"xoxb-{'1' * 10}", 1),
        ("AWS_ACCESS_KEY_ID", "x", 1),
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x", 0),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x", 0),
        ("DB_SECRET_ARN", "${Token[TOKEN.1]}", 0),
        ("SECRET_NAME", "db", 0),
        ("TOKEN_FILE", "/opt/ml/token", 0),
        ("TOKEN_PATH", "/churn/token", 0),
        ("SECRET_ID", "db", 0),
        ("CONFIG", "{{resolve:ssm:/churn/config}}", 0),
        ("CONFIG", "MAKIAVELLI ghp_ AKIA", 0),
        ("COMPASS", "x", 0),
        ("PATH_PREFIX", "s3://bucket/a:b@c", 0),
        ("PROXY", "http://proxy:8080/a@b", 0),
    ],
)
def test_what_looks_like_a_secret_in_clear_text_is_warned_about(key: str, value: str, warned: int) -> None:
    """By its name, and by a password within an address."""
    test = shadow_test(production=variant(model=model(environment={key: value})))
    found = [one.text for one in warnings_of(test) if "clear-text-environment" in one.id]
    assert [key in one for one in found] == [True] * warned
