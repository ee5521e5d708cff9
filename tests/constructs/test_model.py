"""Each kind of container, artifact and source as a SageMaker model."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import region_info

from shadow_constructs import (
    Container,
    Guard,
    InvalidValueError,
    Model,
    ModelPackage,
    Network,
    ServingModel,
    ShadowEndpoint,
)
from shadow_constructs.model.images import resolve_image
from shadow_constructs.values.aws_images import BUILT_IN_ACCOUNTS as ACCOUNTS
from shadow_constructs.values.aws_images import DEEP_LEARNING_ACCOUNTS
from shadow_ops.contract.partitions import PARTITIONS, of_region
from tests.constructs.rendering import (
    IRELAND,
    Json,
    execution_roles,
    flat,
    model_of,
    new_stack,
    rendered,
    resources,
    statements,
    template_of,
    texts,
)
from tests.stacks.rendering import churn, shadow_template
from tests.values.samples import IMAGE, PACKAGE_ARN, hardware, model, packed, serving, shadow_test, variant


def serve(one: Model, env: cdk.Environment | None = None) -> Json:
    """The template of an endpoint that serves one version."""
    return rendered(serving(production=variant(model=one)), env)


def container_of(template: Json) -> Json:
    """The container of the only model."""
    container: Json = model_of(template)["PrimaryContainer"]
    return container


def test_xgboost_is_a_literal_account_where_the_region_is_known() -> None:
    """The address can be read in the template, and no table is carried along."""
    template = serve(model(), IRELAND)

    assert flat(container_of(template)["Image"]) == (
        "141502667606.dkr.ecr.eu-west-1.<AWS::URLSuffix>/sagemaker-xgboost:3.0-5"
    )
    assert "Mappings" not in template


def test_xgboost_is_looked_up_at_deployment_in_a_stack_for_any_region() -> None:
    """A stack without an environment carries all known accounts."""
    template = serve(model())

    assert flat(container_of(template)["Image"]) == (
        "<XGBoostAccounts[<AWS::Region>,account]>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/sagemaker-xgboost:3.0-5"
    )
    table = template["Mappings"]["XGBoostAccounts"]
    assert {region: entry["account"] for region, entry in table.items()} == dict(ACCOUNTS)
    assert len(table) == 37


def test_old_xgboost_versions_have_their_old_tags() -> None:
    """Up to 1.0-1 the tag says cpu and py3."""
    template = serve(model(container=Container.xgboost("0.90-2")), IRELAND)

    assert flat(container_of(template)["Image"]).endswith("/sagemaker-xgboost:0.90-2-cpu-py3")


@pytest.mark.parametrize("region", ["mars-north-1", "eu-isoe-west-1", "us-iso-west-1"])
@pytest.mark.parametrize("image", [Container.xgboost("3.0-5"), Container.deep_learning("pytorch-inference", "2.6.0")])
def test_fails_where_aws_offers_no_image(image: Container, region: str) -> None:
    """A Region without the image is refused at synth, with those that have it, and never by an error of the CDK's."""
    elsewhere = cdk.Environment(account="111122223333", region=region)

    with pytest.raises(InvalidValueError) as refused:
        serve(model(container=image), elsewhere)

    [line] = refused.value.problems
    assert line.startswith("ShadowTest: 'container' must be offered in the stack's region for ")
    assert ": af-south-1, ap-east-1, " in line
    assert line.endswith("or copy the image to an ECR repository of yours and use Container.ecr(...)")


@pytest.mark.parametrize("region", sorted(DEEP_LEARNING_ACCOUNTS))
def test_a_deep_learning_container_has_an_owner_in_every_region_that_has_it(region: str) -> None:
    """The CDK's own facts agree where it has them; nine more Regions come from SageMaker's SDKs."""
    stack = new_stack(cdk.Environment(account="111122223333", region=region))
    address = resolve_image(stack, stack, Container.deep_learning("djl-inference", "0.30.0")).uri
    facts = region_info.Fact.find(region, region_info.FactName.DLC_REPOSITORY_ACCOUNT)

    assert address.startswith(f"{DEEP_LEARNING_ACCOUNTS[region]}.dkr.ecr.{region}.")
    assert facts in (None, DEEP_LEARNING_ACCOUNTS[region])


def test_the_owner_follows_the_repository() -> None:
    """scikit-learn, Spark ML and text embeddings are in XGBoost's accounts, Triton in the deep-learning ones."""
    expected = {
        "sagemaker-scikit-learn": "141502667606",
        "sagemaker-xgboost": "141502667606",
        "sagemaker-sparkml-serving": "141502667606",
        "tei-cpu": "141502667606",
        "sagemaker-tritonserver": "763104351884",
        "huggingface-pytorch-tgi-inference": "763104351884",
    }
    for repository, account in expected.items():
        stack = new_stack(IRELAND)
        assert resolve_image(stack, stack, Container.deep_learning(repository, "1")).uri.startswith(account)


@pytest.mark.parametrize("repository", ["pytorch-training", "my-own", "sagemaker-debugger-rules"])
def test_fails_a_repository_whose_owner_is_not_known(repository: str) -> None:
    """No account is guessed."""
    with pytest.raises(InvalidValueError, match=r"or use Container\.ecr"):
        Container.deep_learning(repository, "1")


@pytest.mark.parametrize("env", [None, IRELAND])
def test_a_deep_learning_container_is_found_by_region(env: cdk.Environment | None) -> None:
    """Its account is a literal where the Region is known, else looked up at deployment."""
    image = Container.deep_learning("huggingface-pytorch-inference", "2.6.0-cpu")
    address = flat(container_of(serve(model(container=image), env))["Image"])

    assert address.endswith("/huggingface-pytorch-inference:2.6.0-cpu")
    assert address.startswith("763104351884.dkr.ecr.eu-west-1." if env else "<DeepLearningAccounts[")


@pytest.mark.parametrize(
    ("image", "address"),
    [
        (Container.ecr("team/churn", "7"), "<AWS::AccountId>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/team/churn:7"),
        (
            Container.ecr("churn", f"sha256:{'0' * 64}", account="999900001111", region="eu-central-1"),
            f"999900001111.dkr.ecr.eu-central-1.<AWS::URLSuffix>/churn@sha256:{'0' * 64}",
        ),
        (Container.uri(IMAGE), IMAGE),
    ],
    ids=["own repository", "other account by digest", "address"],
)
def test_an_image_has_the_address_it_was_given(image: Container, address: str) -> None:
    """Tag or digest, own or other account."""
    assert flat(container_of(serve(model(container=image)))["Image"]) == address


@pytest.mark.parametrize(
    ("uri", "repository"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/churn:7", "eu-west-1:111122223333:repository/team/churn"),
        ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com/churn", "us-east-1:111122223333:repository/churn"),
        ("111122223333.dkr-ecr.eu-west-1.on.aws/churn:7", "eu-west-1:111122223333:repository/churn"),
        ("111122223333.dkr-ecr-fips.us-west-2.on.aws/churn:7", "us-west-2:111122223333:repository/churn"),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/churn:7", "cn-north-1:111122223333:repository/churn"),
        (
            "111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/churn:7",
            "cn-north-1:111122223333:repository/churn",
        ),
        ("111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov/churn:7", "us-iso-east-1:111122223333:repository/churn"),
        ("111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/churn:7", "eusc-de-east-1:111122223333:repository/churn"),
        (
            f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn@sha256:{'0' * 64}",
            "eu-west-1:111122223333:repository/churn",
        ),
        (
            f"{cdk.Aws.ACCOUNT_ID}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/churn:7",
            "<AWS::Region>:<AWS::AccountId>:repository/churn",
        ),
    ],
    ids=range(10),
)
def test_every_kind_of_ecr_address_gets_the_right_to_pull(uri: str, repository: str) -> None:
    """Plain, FIPS and dual-stack hosts, in every partition, and addresses put together from tokens."""
    template = serve(model(container=Container.uri(uri)))

    assert flat(statements(template)["PullImage"]["Resource"]) == f"arn:<AWS::Partition>:ecr:{repository}"


@pytest.mark.parametrize(
    "uri",
    [
        "public.ecr.aws/team/churn:7",
        "docker.io/library/python:3.12",
        "ghcr.io/team/churn:7",
        "churn:7",
        "https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7",
        "docker://111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7",
        f"docker.io/{cdk.Aws.ACCOUNT_ID}/churn:7",
        f"https://{cdk.Aws.ACCOUNT_ID}.dkr.ecr.{cdk.Aws.REGION}.amazonaws.com/churn:7",
    ],
    ids=range(8),
)
def test_fails_an_image_that_create_model_cannot_take(uri: str) -> None:
    """Other registries and addresses with a scheme are refused, with the way out, wherever an image is named."""
    for make in (
        lambda: Container.uri(uri),
        lambda: ModelPackage(PACKAGE_ARN, artifact="s3://registry/churn/7.tar.gz", image=uri),
    ):
        with pytest.raises(InvalidValueError, match="must be an image in ECR like") as refused:
            make()
        assert len(refused.value.problems) == 1


SUFFIXES = {one.suffix for one in PARTITIONS} | {one.dual_stack for one in PARTITIONS if one.dual_stack}


@pytest.mark.parametrize("kind", ["dkr.ecr", "dkr.ecr-fips", "dkr-ecr", "dkr-ecr-fips"])
@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1"])
def test_fails_with_an_address_whose_region_and_host_contradict(region: str, kind: str) -> None:
    """A host of another partition, or for FIPS outside of the US, is refused; what to write instead is taken."""
    taken = 0
    there = "fips" not in kind or region.startswith("us-")
    hosted = kind.startswith("dkr.") or of_region(region).dual_stack
    for suffix in SUFFIXES:
        try:
            Container.uri(f"111122223333.{kind}.{region}.{suffix}/churn:7")
            taken += 1
        except InvalidValueError as refused:
            [line] = refused.problems
            must = f"ends as those of {region} do" if there else f"ECR has in {region}: it has those for FIPS in the US"
            assert f"'uri' must have a host that {must}" in line
            write = line.rsplit("write ", 1)[1]
            if hosted or not there:
                Container.uri(f"111122223333.{kind}{write}churn:7" if there else f"111122223333{write}churn:7")
    assert taken == (1 if hosted and there else 0)
    Container.uri(f"111122223333.{kind}.{region}.{cdk.Aws.URL_SUFFIX}/churn:7")


HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
BOTH, HEX = "have a tag or a digest, and not both", "0" * 64
NAMED: dict[str, str | None] = {
    "churn": None,
    "ab": None,
    "team/churn_x/y--z.a:7": None,
    f"{'a' * 70}:{'t' * 128}": None,
    f"churn@sha256:{HEX}": None,
    f"{cdk.Aws.REGION}/churn:v{cdk.Aws.REGION}": None,
    f"churn@{cdk.Aws.REGION}": None,
    f"churn@sha256:{cdk.Aws.REGION}": None,
    f"churn:7@sha256:{HEX}": BOTH,
    f"{cdk.Aws.REGION}:7@{cdk.Aws.REGION}": BOTH,
    "churn@sha256:abc": "have a digest of sha256: and 64",
    f"churn@sha256:{HEX.replace('0', 'A')}": "have a digest of sha256: and 64",
    f"churn@sha512:{HEX}{HEX}": "have a digest of sha256: and 64",
    f"churn@sha512:{cdk.Aws.REGION}": "have a digest of sha256: and 64",
    "churn@": "have a digest of sha256: and 64",
    "churn:": "have a tag of at most 128",
    "churn:.7": "have a tag of at most 128",
    f"churn:{'t' * 129}": "have a tag of at most 128",
    "churn:7:8": "have a tag of at most 128",
    "churn/": "name a repository of 2 to 256",
    "churn/:7": "name a repository of 2 to 256",
    "/churn:7": "name a repository of 2 to 256",
    "team//churn:7": "name a repository of 2 to 256",
    "Churn:7": "name a repository of 2 to 256",
    "a:7": "name a repository of 2 to 256",
    "-churn:7": "name a repository of 2 to 256",
    "churn___x:7": "name a repository of 2 to 256",
    "churn..x:7": "name a repository of 2 to 256",
    f"Team/{cdk.Aws.REGION}:7": "name a repository of 2 to 256",
}


@pytest.mark.parametrize("named", NAMED, ids=range(len(NAMED)))
def test_an_address_names_what_ecr_has(named: str) -> None:
    """By the rules of ECR's API (RepositoryName, imageDigest) and Docker's for tags, whoever takes it apart."""
    must = NAMED[named]
    repository, mark, version = re.fullmatch(r"([^:@]*)([:@]?)(.*)", named, re.DOTALL).groups()  # type: ignore[union-attr] # it always matches
    if must is None:
        Container.uri(f"{HOST}/{named}")
        Container.ecr(repository, version if mark else "7")
        return
    with pytest.raises(InvalidValueError, match=must):
        Container.uri(f"{HOST}/{named}")
    with pytest.raises(InvalidValueError):
        Container.ecr(repository, version if mark else "7")


@pytest.mark.parametrize(
    "host", [HOST, "111122223333.dkr-ecr.eu-west-1.on.aws", f"{cdk.Aws.ACCOUNT_ID}.dkr.ecr.x.y"], ids=range(3)
)
def test_an_address_of_ecr_is_of_no_private_registry(host: str) -> None:
    """SageMaker would ask it through the VPC, without a login; and no role may pull from it."""
    with pytest.raises(InvalidValueError, match=r"must be of a private registry, and not in ECR.*write Container\.uri"):
        Container.private_registry(f"{host}/churn:7")


def test_a_dockerfile_becomes_an_image_of_the_bootstrap_repository(tmp_path: Path) -> None:
    """Synth needs no Docker; `cdk deploy` builds it. The role may pull it."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    template = serve(model(container=Container.dockerfile(tmp_path)))

    assert "container-assets-" in str(container_of(template)["Image"])
    assert "container-assets-" in str(statements(template)["PullImage"]["Resource"])


@pytest.mark.parametrize(("platform", "expected"), [("linux/amd64", "linux/amd64"), ("linux/arm64", "linux/arm64")])
def test_a_dockerfile_is_built_for_the_platform_asked_for(tmp_path: Path, platform: str, expected: str) -> None:
    """Graviton instances take Arm images, which is said to Docker; so are file and build arguments."""
    (tmp_path / "serve.Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    stack = new_stack()
    image = Container.dockerfile(tmp_path, file="serve.Dockerfile", platform=platform, build_args={"VERSION": "7"})
    on = hardware("ml.c7g.large" if platform == "linux/arm64" else "ml.m5.large")
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(container=image), hardware=on)))
    app = stack.node.root
    assert isinstance(app, cdk.App)

    manifest = next(Path(app.synth().directory).glob("*.assets.json")).read_text(encoding="utf-8")
    for part in (f'"platform": "{expected}"', '"dockerFile": "serve.Dockerfile"', '"VERSION": "7"'):
        assert part in manifest


FOLDERS = ["{root}/image", "image", ".", "../shared", "d\u00fc", "{{resolve:ssm:x}}", "${AWS::Region}"]


@pytest.mark.parametrize("file", ["Dockerfile", "docker/d\u00fc{{resolve:ssm:x}}"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_template_tells_nothing_of_the_machine_that_made_it(
    folder: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two checkouts give the same bytes, in ASCII, and no name of a folder or file becomes a reference."""
    packed(tmp_path / "model.tar.gz")
    found = []
    for checkout in ("one", "d\u00fc{{resolve:ssm:y}}"):
        root = tmp_path / checkout / "app"
        for one in FOLDERS[1:]:
            (root / one / file).parent.mkdir(parents=True, exist_ok=True)
            (root / one / file).write_text("FROM scratch\n", encoding="utf-8")
        shutil.copyfile(tmp_path / "model.tar.gz", root / "image/model.tar.gz")
        monkeypatch.chdir(root)
        image = Container.dockerfile(folder.replace("{root}", str(root)), file=file)
        tested = variant(model=model("v2", container=image, artifact="image/model.tar.gz"))
        # Where the app is at synth is no matter of a value that was made before.
        monkeypatch.chdir(tmp_path)
        template = json.dumps(shadow_template(churn(production=variant(), shadow=tested), env=IRELAND))
        found.append(template)

    assert found[0] == found[1]
    assert json.dumps(json.loads(found[0]), ensure_ascii=False).isascii()
    assert "{{resolve" not in found[0]
    assert str(tmp_path) not in found[0]


@pytest.mark.parametrize(
    ("folder", "file", "label"),
    [
        ("image", "Dockerfile", "image/Dockerfile"),
        ("./image/", "docker/serve", "image/docker/serve"),
        (".", "Dockerfile", "Dockerfile"),
        ("d\u00fc", "Dockerfile", "Dockerfile"),
        ("d\u00fc", "\u00fc", "a Dockerfile"),
    ],
)
def test_a_dockerfile_is_called_as_the_code_says_it(
    folder: str, file: str, label: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the app, where that is plain; else without its folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / file).write_text("FROM scratch\n", encoding="utf-8")

    assert Container.dockerfile(folder, file=file).label == label


@pytest.mark.parametrize("file", ["../Dockerfile", "a/../../Dockerfile", "/Dockerfile"])
def test_fails_with_a_dockerfile_outside_its_folder(file: str, tmp_path: Path) -> None:
    """Docker gets the folder only; found at synth, not at `cdk deploy`."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    (tmp_path / "folder/a").mkdir(parents=True)
    with pytest.raises(InvalidValueError, match="'file' must be named from the folder, and be in it, got '"):
        Container.dockerfile(tmp_path / "folder", file=str(tmp_path) + file if file[0] == "/" else file)


def test_a_private_registry_is_reached_through_the_vpc() -> None:
    """With or without a function that gives its credentials; the role may ask that function."""
    function = "arn:aws:lambda:eu-west-1:111122223333:function:credentials"
    network = Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"])
    address = "registry.example/churn:7"
    plain = model(container=Container.private_registry(address), network=network)
    guarded = model(container=Container.private_registry(address, credentials_provider_arn=function), network=network)

    assert container_of(serve(plain))["ImageConfig"] == {"RepositoryAccessMode": "Vpc"}
    template = serve(guarded)
    assert container_of(template)["ImageConfig"] == {
        "RepositoryAccessMode": "Vpc",
        "RepositoryAuthConfig": {"RepositoryCredentialsProviderArn": function},
    }
    assert statements(template)["RegistryCredentials"]["Resource"] == function


def test_an_archive_is_given_by_its_address() -> None:
    """A .tar.gz needs no more than ModelDataUrl."""
    container = container_of(serve(model()))

    assert container["ModelDataUrl"] == "s3://my-models/churn/v1/model.tar.gz"
    assert "ModelDataSource" not in container


def test_a_folder_is_given_as_uncompressed_prefix() -> None:
    """ModelDataUrl would be refused by SageMaker."""
    container = container_of(serve(model(artifact="s3://my-models/churn/v1/")))

    assert "ModelDataUrl" not in container
    assert container["ModelDataSource"] == {
        "S3DataSource": {
            "S3Uri": "s3://my-models/churn/v1/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }


def test_an_accepted_licence_is_said() -> None:
    """Only ModelDataSource can carry the acceptance."""
    container = container_of(serve(model(accept_eula=True)))

    source = container["ModelDataSource"]["S3DataSource"]
    assert source["ModelAccessConfig"] == {"AcceptEula": True}
    assert (source["S3DataType"], source["CompressionType"]) == ("S3Object", "Gzip")


def test_a_local_archive_becomes_an_asset(tmp_path: Path) -> None:
    """`cdk deploy` uploads it under its hash; the role may read that object and no other."""
    archive = tmp_path / "model.tar.gz"
    packed(archive)
    template = serve(model(artifact=archive))

    source = container_of(template)["ModelDataSource"]["S3DataSource"]
    assert "cdk-hnb659fds-assets-" in str(source["S3Uri"])
    [resource] = texts(statements(template)["ReadArtifact"]["Resource"])
    assert not resource.endswith("*")


def test_another_local_archive_is_another_model(tmp_path: Path) -> None:
    """The key is the content's hash: what changed is seen, and what didn't is left alone."""
    archive = tmp_path / "model.tar.gz"
    packed(archive)
    first, again = container_of(serve(model(artifact=archive))), container_of(serve(model(artifact=archive)))
    packed(archive, b"other weights")

    assert first == again
    assert container_of(serve(model(artifact=archive))) != first


def test_an_artifact_can_lie_in_a_bucket_of_the_same_app() -> None:
    """A bucket's name that only the deployment knows is passed on, to the model and to its role."""
    stack = new_stack()
    bucket = s3.Bucket(stack, "Models")
    one = model(artifact=f"s3://{bucket.bucket_name}/churn/model.tar.gz")
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=one)))
    template = template_of(stack)

    name = stack.get_logical_id(bucket.node.default_child)  # type: ignore[arg-type] # it is a CfnBucket
    assert flat(container_of(template)["ModelDataUrl"]) == f"s3://<{name}>/churn/model.tar.gz"
    assert flat(statements(template)["ReadArtifact"]["Resource"]).endswith(f":s3:::<{name}>/churn/model.tar.gz")


def test_a_model_without_artifact_has_none() -> None:
    """The image holds the model itself, and there is nothing to read."""
    template = serve(Model(version="v1", container=Container.uri(IMAGE)))

    assert container_of(template) == {"Image": IMAGE}
    assert "ReadArtifact" not in statements(template)


def test_many_models_of_one_folder() -> None:
    """The multi-model mode takes a folder as ModelDataUrl."""
    one = Model(version="v1", container=Container.uri(IMAGE), artifact="s3://my-models/many/", multi_model=True)
    container = container_of(serve(one))

    assert container["Mode"] == "MultiModel"
    assert container["ModelDataUrl"] == "s3://my-models/many/"


def test_environment_variables_reach_the_container() -> None:
    """As given, an empty text included."""
    container = container_of(serve(model(environment={"LEVEL": "info", "EMPTY": ""})))

    assert container["Environment"] == {"LEVEL": "info", "EMPTY": ""}
    assert "Environment" not in container_of(serve(model()))


def test_a_package_of_the_registry() -> None:
    """The package says image and files; the model adds its variables and the specification."""
    package = ModelPackage(PACKAGE_ARN, artifact="s3://registry/7.tar.gz", image=IMAGE, inference_specification="small")
    container = container_of(serve(Model(version="v1", package=package, environment={"A": "b"})))

    assert container == {
        "ModelPackageName": PACKAGE_ARN,
        "InferenceSpecificationName": "small",
        "Environment": {"A": "b"},
    }


def test_fails_with_a_package_whose_files_are_local(tmp_path: Path) -> None:
    """A package names its files itself; an upload beside it would be read by nobody."""
    archive = tmp_path / "model.tar.gz"
    packed(archive)

    with pytest.raises(InvalidValueError, match="must be the S3 address that the package names"):
        ModelPackage(PACKAGE_ARN, artifact=str(archive), image=IMAGE)


def test_an_existing_model_is_only_named() -> None:
    """Neither model nor role is made for it."""
    template = serve(Model(version="v1", model_name="churn-7"))

    assert not resources(template, "AWS::SageMaker::Model")
    assert not execution_roles(template)


def test_subnets_groups_and_isolation_are_the_models() -> None:
    """They are set where they apply, and nowhere where they weren't asked for."""
    network = Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"], isolated=True)
    found = model_of(serve(model(network=network)))

    assert found["VpcConfig"] == {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}
    assert found["EnableNetworkIsolation"] is True
    assert {"VpcConfig", "EnableNetworkIsolation"}.isdisjoint(model_of(serve(model())))


def test_subnets_of_a_vpc_of_the_same_app() -> None:
    """Ids that only the deployment knows are passed on, to the role's statement too."""
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    subnets = vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids
    network = Network(subnet_ids=subnets, security_group_ids=[group.security_group_id])
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(network=network))))
    template = template_of(stack)

    ids = model_of(template)["VpcConfig"]["Subnets"]
    assert len(ids) == 2
    granted = texts(statements(template)["UseSubnets"]["Resource"])
    assert [one.rsplit("/", 1)[-1] for one in granted] == [flat(one) for one in ids]


def test_a_list_of_subnets_known_only_at_deployment() -> None:
    """The list goes into the model as it is; the role is allowed these subnets, named at deployment, and no others."""
    stack = new_stack()
    ids = cdk.Fn.split(",", cdk.Fn.import_value("subnets"))
    network = Network(subnet_ids=ids, security_group_ids=["sg-0a"])
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(network=network))))
    template = template_of(stack)

    assert "Fn::Split" in model_of(template)["VpcConfig"]["Subnets"]
    granted = statements(template)["UseSubnets"]["Condition"]
    assert granted == {"StringEquals": {"ec2:SubnetID": model_of(template)["VpcConfig"]["Subnets"]}}


def test_a_serving_model_can_be_used_alone() -> None:
    """For an endpoint config that someone writes by hand."""
    stack = new_stack()
    one = ServingModel(stack, "Model", model=model(), endpoint_name="churn")
    template = template_of(stack)

    assert cdk.Token.is_unresolved(one.model_name)
    assert {entry["Type"] for entry in template["Resources"].values()} == {
        "AWS::IAM::Role",
        "AWS::SageMaker::Model",
    }


def test_versions_that_differ_in_signs_only_are_two_models() -> None:
    """CloudFormation's ids have letters and digits only; v1.0 and v10 stay apart all the same."""
    test = shadow_test(production=variant("v1.0"), shadow=variant("v10"))

    assert len(resources(rendered(test), "AWS::SageMaker::Model")) == 2


@pytest.mark.parametrize("whose", ["model", "guard"])
def test_fails_for_a_vpc_of_another_accounts_stack(whose: str) -> None:
    """Nothing of one account lives in the subnets of another's, unless they are shared, and then they are literals."""
    app = cdk.App()
    other = cdk.Stack(app, "Other", env=cdk.Environment(account="444455556666", region="eu-west-1"))
    vpc = ec2.Vpc(other, "Vpc", max_azs=2, nat_gateways=0)
    network = Network.in_vpc(vpc, security_groups=[ec2.SecurityGroup(other, "Group", vpc=vpc)])
    test = {
        "model": lambda: serving(production=variant(model=model(network=network))),
        "guard": lambda: serving(guard=Guard(network=network)),
    }[whose]()

    with pytest.raises(InvalidValueError, match="'network' must be of the stack's account 111122223333"):
        ShadowEndpoint(cdk.Stack(app, "Stack", env=IRELAND), "E", test=test)
