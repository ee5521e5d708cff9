"""``shadow-test propose``: an approved version of the model registry becomes the shadow, once."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

import pytest

from shadow_constructs import ShadowTest
from shadow_constructs.values.toml.file import read_toml
from shadow_ops.contract.problems import CannotTellError, InvalidValueError, shown
from shadow_ops.testfile import taken
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services

pytestmark = pytest.mark.usefixtures("asked_here")
GROUP = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn-models"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7"
FILE = """# churn, of the growth team
endpoint_name = "churn"

[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }

[production.model]
version = "v1"  # since spring
model_name = "old"
role_arn = "arn:aws:iam::111122223333:role/serving"

[[gate.rules]]
kind = "latency"
percentile = 99
"""
PROPOSED = f"""{FILE}
[shadow.hardware]
instance_type = "ml.m5.xlarge"
count = 2

[shadow.model]
version = "churn-models-7"
role_arn = "arn:aws:iam::111122223333:role/serving"

[shadow.model.package]
arn = "{GROUP}/7"
image = "{IMAGE}"
artifact = "s3://models/7.tar.gz"
"""


def package(number: int, status: str = "Approved", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    """A version of the registry."""
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://models/{number}.tar.gz"}
    return {"ModelApprovalStatus": status, "InferenceSpecification": {"Containers": [container]}, **changes}


@pytest.fixture(autouse=True)
def registry(services: Services) -> None:
    """Two approved versions, and a newer one that waits for its approval."""
    waiting = "PendingManualApproval"
    services.packages = {f"{GROUP}/{n}": package(n, waiting if n == 8 else "Approved") for n in (6, 7, 8)}


ASKED_AS_A_PROGRAM = taken.check_taken


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An endpoint that serves, without a test."""
    path = tmp_path / "churn.toml"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize("named", ["churn-models", f"{GROUP}/7"])
def test_the_newest_approved_version_becomes_the_shadow(run: Run, file: Path, named: str) -> None:
    """Of a group or by its ARN; on production's hardware, with its role; nothing else of the file changes."""
    done = run("propose", "churn", "--package", named, "--write", file)
    assert done.exit_code == 0, done.output
    assert file.read_text() == PROPOSED


def test_the_same_event_proposes_once(run: Run, file: Path) -> None:
    """What is the shadow, or was promoted, isn't proposed again."""
    for _ in range(2):
        done = run("propose", "churn", "--package", "churn-models", "--write", file)
        assert (done.exit_code, file.read_text()) == (0, PROPOSED)
    assert "churn-models-7 is its shadow already, nothing to propose" in done.stderr

    folded = PROPOSED.replace("[shadow.model", "[production.model").replace("[shadow.hardware]", "[other]")
    folded = folded.replace(folded[folded.index("[production.model]") : folded.index("[[gate.rules]]")], "")
    file.write_text(folded)
    done = run("propose", "churn", "--package", "churn-models", "--write", file)
    assert (done.exit_code, file.read_text()) == (0, folded)
    assert "churn-models-7 is its production already" in done.stderr


def test_another_version_under_test_is_replaced_only_when_told(run: Run, file: Path, services: Services) -> None:
    """A test of weeks isn't lost because a newer version was approved."""
    services.packages.pop(f"{GROUP}/8")
    assert run("propose", "churn", "--package", "churn-models", "--write", file).exit_code == 0
    services.packages[f"{GROUP}/9"] = package(9)

    refused = run("propose", "churn", "--package", "churn-models", "--write", file)
    assert (refused.exit_code, file.read_text()) == (2, PROPOSED)
    assert "tests churn-models-7; promote it and fold, take [shadow] out, or add --replace" in refused.stderr

    assert run("propose", "churn", "--package", "churn-models", "--write", file, "--replace").exit_code == 0
    assert file.read_text() == PROPOSED.replace("models-7", "models-9").replace("/7", "/9")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (f"{GROUP}/8", "is PendingManualApproval, not Approved; approve it first"),
        ("others", "group others has no approved version; approve one first"),
        (f"{GROUP}/77", "does not exist"),
        (f"{GROUP}/1", "has 2 containers; one that serves alone can be proposed"),
        (f"{GROUP}/2", "names no model data in S3"),
        (f"{GROUP}/3", "names no image"),
        (f"{GROUP}/4", "has its model data in 's3://models/4'; a .tar.gz, or a folder"),
    ],
)
def test_what_is_not_approved_or_cannot_serve_is_refused(
    run: Run, file: Path, services: Services, named: str, said: str
) -> None:
    """One line, and the file is as it was."""
    services.packages[f"{GROUP}/1"] = package(1, InferenceSpecification={"Containers": [{"Image": IMAGE}] * 2})
    services.packages[f"{GROUP}/2"] = package(2, InferenceSpecification={"Containers": [{"Image": IMAGE}]})
    files = {"ModelDataUrl": "s3://models/3.tar.gz"}
    services.packages[f"{GROUP}/4"] = package(
        4, InferenceSpecification={"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/4"}]}
    )
    services.packages[f"{GROUP}/3"] = package(3, InferenceSpecification={"Containers": [files]})

    done = run("propose", "churn", "--package", named, "--write", file)

    assert done.exit_code == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert file.read_text() == FILE


@pytest.mark.parametrize(
    "image",
    [
        "docker.io/library/python:3.12",
        "python:3.12",
        "python",
        "public.ecr.aws/docker/library/python:3.12",
        f"https://{IMAGE}",
        "ghcr.io/team/churn@sha256:" + "0" * 64,
        "",
        IMAGE + "x" * 255,
        "a\nb",
    ],
)
def test_an_image_that_no_model_can_have_is_refused(run: Run, file: Path, services: Services, image: str) -> None:
    """What SageMaker pulls comes from ECR: said in one line, before a file is written that can't be synthesized."""
    container = {"Image": image, "ModelDataUrl": "s3://models/1.tar.gz"}
    services.packages[f"{GROUP}/1"] = package(1, InferenceSpecification={"Containers": [container]})
    done = run("propose", "churn", "--package", f"{GROUP}/1", "--write", file)
    assert (done.exit_code, file.read_text(), len(done.stderr.splitlines())) == (1, FILE, 1)
    assert "has the image" in done.stderr
    assert "not in Amazon ECR; copy it to ECR" in done.stderr


@pytest.mark.parametrize(
    "named",
    [
        "arn:aws:s3:::models/7.tar.gz",
        "arn:aws:sagemaker:eu-west-1:111122223333:model/churn",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn",
        "s3://models/7.tar.gz",
        "models/7.tar.gz",
        "churn models",
        " ",
        "",
        "x" * 64,
        f"{GROUP}/seven",
        f"{GROUP}/7/8",
        "\x1b[31m",
    ],
)
def test_what_names_no_package_is_refused_with_what_was_given(run: Run, file: Path, named: str) -> None:
    """An ARN of another kind, an address, a blank: before AWS is asked."""
    done = run("propose", "churn", "--package", named, "--write", file)
    assert (done.exit_code, file.read_text(), len(done.stderr.splitlines())) == (2, FILE, 1)
    assert "'--package' must be a group's name, or a version's ARN like arn:aws:sagemaker:" in done.stderr
    assert f"got {shown(named)}" in done.stderr


@pytest.mark.parametrize("kind", ["model-package/churn/7", "model-package-group/churn"])
def test_an_arn_that_contradicts_itself_is_refused(run: Run, file: Path, kind: str) -> None:
    """Of a partition that its Region isn't in: before AWS is asked."""
    named = f"arn:aws-cn:sagemaker:eu-west-1:111122223333:{kind}"
    done = run("propose", "churn", "--package", named, "--write", file)

    assert (done.exit_code, file.read_text(), len(done.stderr.splitlines())) == (2, FILE, 1)
    assert "'--package' must be of the partition aws, as eu-west-1 is" in done.stderr


def test_a_group_may_be_named_by_its_arn(run: Run, file: Path) -> None:
    """As the console shows it."""
    group = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/churn-models"
    assert run("propose", "churn", "--package", group, "--write", file).exit_code == 0
    assert file.read_text() == PROPOSED


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_line_ends_and_the_mark_of_a_file_stay(run: Run, file: Path, mark: bytes) -> None:
    """New lines end as the others do."""
    file.write_bytes(mark + FILE.replace("\n", "\r\n").encode())
    assert run("propose", "churn", "--package", "churn-models", "--write", file).exit_code == 0
    assert file.read_bytes() == mark + PROPOSED.replace("\n", "\r\n").encode()


def test_another_model_of_the_same_version_is_not_proposed(run: Run, file: Path) -> None:
    """One version is one model: the file couldn't be synthesized."""
    text = FILE.replace('"v1"', '"churn-models-7"')
    file.write_text(text)
    done = run("propose", "churn", "--package", "churn-models", "--write", file)
    assert (done.exit_code, file.read_text()) == (2, text)
    assert "production is another model of the version churn-models-7; call that one otherwise" in done.stderr


def test_the_file_of_another_endpoint_is_left_alone(run: Run, file: Path) -> None:
    """Before anything is asked of AWS."""
    done = run("propose", "chess", "--package", "churn-models", "--write", file)
    assert (done.exit_code, file.read_text()) == (2, FILE)
    assert "is about endpoint churn, not chess" in done.stderr


def test_what_is_proposed_can_be_deployed(run: Run, file: Path) -> None:
    """The file that was written is a shadow test as the library reads it."""
    assert run("propose", "churn", "--package", "churn-models", "--write", file).exit_code == 0
    test = ShadowTest.from_file(file)
    assert test.shadow is not None
    assert (test.shadow.model.version, test.shadow.hardware) == ("churn-models-7", test.production.hardware)


@pytest.mark.parametrize(
    ("hardware", "said"),
    [
        ("serverless = { memory_mb = 2048, max_concurrency = 5 }", "production is on serverless"),
        ('instance_type = "ml.inf1.xlarge"', "production is on ml.inf1.xlarge"),
    ],
)
def test_what_no_shadow_test_may_have_is_not_proposed(run: Run, file: Path, hardware: str, said: str) -> None:
    """One line, and the file is as it was."""
    text = re.sub(r"hardware = {[^}]*}+", f"hardware = {{ {hardware} }}", file.read_text(), count=1)
    file.write_text(text)
    done = run("propose", "churn", "--package", f"{GROUP}/7", "--write", file)
    assert (done.exit_code, file.read_text()) == (2, text)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


OTHER = """
[[other_production]]
name = "other"
hardware = { instance_type = "ml.m5.xlarge" }
[other_production.model]
version = "v9"
container = { xgboost = "1.7-1" }
artifact = "s3://models/9.tar.gz"
"""
ELSEWHERE = IMAGE.replace("eu-west-1", "us-east-1")
WEB = "https://models/7.tar.gz"


@pytest.mark.parametrize(
    ("text", "container", "said"),
    [
        (FILE + OTHER, {}, "'other_production' must be empty with a shadow"),
        (FILE + "[guardrails.canary]\nsize_percent = 10\n", {}, "'guardrails' must be Guardrails() where a shadow"),
        (FILE, {"Image": ELSEWHERE}, "'package' must be in eu-west-1"),
        (FILE, {"ModelDataUrl": WEB}, "'artifact' must be an existing local file, or start with s3://"),
    ],
)
def test_what_the_library_would_refuse_is_not_written(
    run: Run, file: Path, services: Services, text: str, container: dict[str, str], said: str
) -> None:
    """The file could be deployed, and with this shadow it couldn't: one line says why, and it can be deployed still."""
    file.write_text(text)
    ShadowTest.from_file(file)
    services.packages[f"{GROUP}/7"]["InferenceSpecification"]["Containers"][0].update(container)
    done = run("propose", "churn", "--package", f"{GROUP}/7", "--write", file)
    assert (done.exit_code, file.read_text(), len(done.stderr.splitlines())) == (2, text, 1)
    assert "with churn-models-7 as its shadow, nothing is written: " in done.stderr
    assert said in done.stderr


@pytest.mark.parametrize(
    "broken",
    [
        FILE.replace("[production]", "zzz = 1\n[production]"),
        FILE.replace('version = "v1"', "version = 1"),
        re.sub("hardware = .*", 'hardware = "x"', FILE),
        FILE.replace("percentile = 99", "percentile = 990"),
    ],
)
def test_a_file_that_is_wrong_already_is_told_as_it_stands(run: Run, file: Path, broken: str) -> None:
    """In the words of `from_file`, with the lines of the file that people see; nothing is added to it."""
    file.write_text(broken)
    with pytest.raises(InvalidValueError) as refused:
        ShadowTest.from_file(file)
    done = run("propose", "churn", "--package", f"{GROUP}/7", "--write", file)
    assert (done.exit_code, file.read_text()) == (2, broken)
    assert done.stderr.splitlines() == [f"error: {line}" for line in refused.value.problems]


def test_the_library_is_asked_as_a_program_of_its_own(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes, it refuses in its own words, or it can't be asked: then nothing is said of the file."""
    ASKED_AS_A_PROGRAM(FILE, file)
    with pytest.raises(InvalidValueError) as refused:
        ASKED_AS_A_PROGRAM(f"{FILE}\n[sch\u00f6n]\n", file)
    with pytest.raises(InvalidValueError) as same:
        read_toml(ShadowTest, file, f"{FILE}\n[sch\u00f6n]\n")
    assert refused.value.problems == same.value.problems

    monkeypatch.setattr(taken, "_HOME", str(file.parent))
    package = file.parent / "shadow_constructs"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('no node')\n")
    with pytest.raises(CannotTellError, match=r"is as it was: the library, .* says 'RuntimeError: no node'"):
        ASKED_AS_A_PROGRAM(FILE, file)
