"""Answers of real models, captured by the local AWS: `shadow-test responses` names what each shadow does."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rehearsal import environment, seen
from rehearsal.local import PYTHON, LocalAws

Compared = Callable[..., dict[str, Any]]
BUCKET = "answers"
REQUESTS = 120

# Each spoils what the model of v1 answers in its own way.
_SCRIPT = """\
import itertools, json, os, numpy, xgboost

def model_fn(model_dir):
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(open(os.path.join(model_dir, "xgboost-model"), "rb").read()))
    return booster

before, count = [0.5], itertools.count()

def predict_fn(payload, booster):
    row = [float(cell) for cell in payload.strip().split(",")]
    SPOIL_REQUEST
    score = float(booster.inplace_predict(numpy.array([row], dtype="float32"), validate_features=False)[0])
    SPOIL_ANSWER
"""
SPOILT = {
    "rounding": ("pass", "return round(score, 2)"),
    "columns": ("row[2], row[0] = row[0], row[2]", "return score"),
    "others": ("pass", "before.append(score); return before[-2]"),
    "plain": ("pass", "return json.dumps({'score': score})"),
    "field": ("pass", "return json.dumps({'score': score, 'why': 'a field more'})"),
    "failing": ("assert next(count) % 10", "return score"),
}
_PREDICT = """\
import json, sys, tarfile, numpy, xgboost
rows = numpy.array([[float(cell) for cell in line.split(",")] for line in open(sys.argv[1])], dtype="float32")
found = []
for archive in sys.argv[2:]:
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(tarfile.open(archive).extractfile("xgboost-model").read()))
    found.append([float(one) for one in booster.predict(xgboost.DMatrix(rows))])
json.dump(found, sys.stdout)
"""


def spoilt(model: bytes, name: str) -> bytes:
    """A model.tar.gz of a model with a script around it."""
    request, answer = SPOILT[name]
    script = _SCRIPT.replace("SPOIL_REQUEST", request).replace("SPOIL_ANSWER", answer).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for path, content in (("code/inference.py", script), ("xgboost-model", model)):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's two models and its payloads."""
    out = tmp_path_factory.mktemp("models")
    command = [str(PYTHON), "-m", "examples.churn.train", "--out", str(out), "--rows", "2000"]
    subprocess.run(command, cwd=environment.PROJECT, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def payloads(trained: Path) -> list[str]:
    """Requests that neither model was trained on, each another."""
    return list(dict.fromkeys((trained / "payloads.csv").read_text().splitlines()))[:REQUESTS]


@pytest.fixture(scope="module")
def local(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with all models in S3."""
    with LocalAws(
        tmp_path_factory.mktemp("answers"), options=("--startup-timeout", "20", "--wait-scale", "0.01")
    ) as made:
        s3 = made.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        archives = {version: (trained / version / "model.tar.gz").read_bytes() for version in ("v1", "v2")}
        with tarfile.open(fileobj=io.BytesIO(archives["v1"])) as archive:
            file = archive.extractfile("xgboost-model")
            assert file is not None
            model = file.read()
        for name, body in {**archives, **{name: spoilt(model, name) for name in SPOILT}}.items():
            s3.put_object(Bucket=BUCKET, Key=f"models/{name}/model.tar.gz", Body=body)
        yield made


@pytest.fixture(scope="module")
def compared(local: LocalAws, payloads: list[str], tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Run two models side by side on the payloads, and the command line on what was captured."""
    home = tmp_path_factory.mktemp("home")
    variables = environment.for_cdk(local.endpoint_url, home)

    def run(production: str, shadow: str, *options: str) -> dict[str, Any]:
        name = f"{production}-against-{shadow}"
        _serve(local, name, production, shadow)
        runtime = local.client("sagemaker-runtime")

        def send(number: int) -> None:
            runtime.invoke_endpoint(
                EndpointName=name, Body=payloads[number], ContentType="text/csv", InferenceId=f"customer-{number}"
            )

        with ThreadPoolExecutor(1 if shadow == "others" else 4) as pool:
            list(pool.map(send, range(len(payloads))))
        command = [sys.executable, "-m", "shadow_ops", "responses", name, "--format", "json", *options]
        found: dict[str, Any] = {}

        def look() -> bool:
            done = subprocess.run(command, cwd=environment.PROJECT, env=variables, capture_output=True, text=True)
            assert done.returncode in (0, 3, 4), done.stderr
            found.update(json.loads(done.stdout))
            return bool(found["pairs"] >= (0.9 if shadow == "failing" else 1) * len(payloads))

        seen.until("all records have arrived", 30, look)
        local.client("sagemaker").delete_endpoint(EndpointName=name)
        return found

    return run


def _serve(local: LocalAws, name: str, production: str, shadow: str) -> None:
    sagemaker = local.client("sagemaker")
    variants = []
    for variant, model in (("production", production), ("shadow", shadow)):
        container = {
            "Image": "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.0-5",
            "ModelDataUrl": f"s3://{BUCKET}/models/{model}/model.tar.gz",
        }
        role = "arn:aws:iam::000000000000:role/models"
        sagemaker.create_model(ModelName=f"{name}-{variant}", PrimaryContainer=container, ExecutionRoleArn=role)
        size = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1}
        variants.append({"VariantName": variant, "ModelName": f"{name}-{variant}", **size})
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=variants[:1],
        ShadowProductionVariants=variants[1:],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/captured",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        },
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_a_model_agrees_with_itself(compared: Compared) -> None:
    """v1 beside v1: every pair is equal to the last digit, and the gate's question is answered."""
    found = compared("v1", "v1", "--min-agreement", "90")
    assert (found["pairs"], found["exact"], found["joined_by"]) == (REQUESTS, REQUESTS, "inferenceId")
    assert found["verdict"] == "PASS"


def test_two_models_differ_as_xgboost_itself_says(compared: Compared, trained: Path, payloads: list[str]) -> None:
    """v1 beside v2: flips, agreement and mean difference are those computed from the payloads without any endpoint."""
    file = trained / "sent.csv"
    file.write_text("\n".join(payloads) + "\n")
    archives = [str(trained / version / "model.tar.gz") for version in ("v1", "v2")]
    done = subprocess.run([str(PYTHON), "-c", _PREDICT, str(file), *archives], check=True, capture_output=True)
    one, other = json.loads(done.stdout)
    found = compared("v1", "v2", "--classes", "threshold")
    pairs = list(zip(one, other, strict=True))
    expected = {
        (p, s): count
        for p in (False, True)
        for s in (False, True)
        if (count := sum((a >= 0.5, b >= 0.5) == (p, s) for a, b in pairs))
    }
    names = {True: ">= 0.5", False: "< 0.5"}
    assert {(flip["production"], flip["shadow"]): flip["pairs"] for flip in found["classes"]} == {
        (names[p], names[s]): count for (p, s), count in expected.items()
    }
    assert found["agreeing"] == sum((a >= 0.5) == (b >= 0.5) for a, b in pairs) < REQUESTS
    assert found["within_tolerance"] == sum(abs(b - a) <= 1e-6 + 1e-6 * a for a, b in pairs)
    numbers = found["numbers"]["$"]
    assert numbers["mean_difference"] == pytest.approx(sum(b - a for a, b in pairs) / REQUESTS, abs=1e-9)
    assert numbers["max_apart"] == pytest.approx(max(abs(b - a) for a, b in pairs), abs=1e-9)


@pytest.mark.parametrize(
    ("production", "shadow", "symptom"),
    [
        ("v1", "rounding", "rounded to 2 decimals"),
        ("v1", "others", "look like answers to other requests"),
    ],
)
def test_what_a_shadow_does_to_answers_is_named(compared: Compared, production: str, shadow: str, symptom: str) -> None:
    """Rounding, and answers that belong to other requests, are recognised in real scores."""
    found = compared(production, shadow, "--min-agreement", "99")
    assert (found["pairs"], found["verdict"]) == (REQUESTS, "FAIL")
    assert symptom in found["symptoms"][0]


def test_exchanged_columns_of_the_request_make_answers_differ(compared: Compared) -> None:
    """A shadow that reads two columns the wrong way round gets the same requests, and answers otherwise."""
    found = compared("v1", "columns", "--min-agreement", "99")
    assert found["verdict"] == "FAIL"
    assert found["lost"]["shadow"]["inputs differ"] == 0
    assert found["differences"][0] == {"path": "$", "how": "number", "pairs": REQUESTS - found["agreeing"]}
    assert found["numbers"]["$"]["correlation"] < 0.99


def test_a_field_more_is_named_by_its_path(compared: Compared) -> None:
    """JSON answers that differ in a member say in which, though SageMaker kept them as base64."""
    found = compared("plain", "field")
    assert found["differences"] == [{"path": "$.why", "how": "only in the shadow", "pairs": REQUESTS}]
    assert found["numbers"]["$.score"]["max_apart"] == 0


def test_a_shadow_that_fails_a_tenth_agrees_where_it_answers(compared: Compared) -> None:
    """What it didn't answer is counted beside what differs, not as a difference."""
    found = compared("v1", "failing")
    without = found["lost"]["production"]["only here"] + found["lost"]["shadow"]["no answer"]
    assert without == REQUESTS // 10
    assert found["pairs"] == found["within_tolerance"] == REQUESTS - REQUESTS // 10
