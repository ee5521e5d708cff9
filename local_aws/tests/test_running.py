"""The local AWS as a process, over HTTP: its life, its protocols and its resource types."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.reaper import MARK_VARIABLE
from local_aws.tests.process import PROJECT, PYTHON, REGION, Running, Stack, close, out, sagemaker_resources, start
from local_aws.tests.support import ECHO, ROLE, archive


def test_a_template_brings_an_endpoint_up_and_a_promotion_swaps_its_model(local: Running) -> None:
    """Created, re-pointed to the other model by one attribute, and gone again, processes included."""
    stack, runtime = Stack(local, "stacked"), local.client("sagemaker-runtime")

    def ask() -> str:
        return str(runtime.invoke_endpoint(EndpointName="stacked", Body=b"a", ContentType="text/csv")["Body"].read())

    assert stack.deploy(sagemaker_resources("One")) == "CREATE_COMPLETE"
    assert "v1:a" in ask()
    changes = {
        change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Replacement"]
        for change in stack.change_set(sagemaker_resources("Two"))["Changes"]
    }
    assert changes == {"Config": "True", "Endpoint": "False"}
    assert stack.deploy(sagemaker_resources("Two")) == "UPDATE_COMPLETE"
    assert "v2:a" in ask()
    stack.delete()
    deadline = time.monotonic() + 5
    # The fleet that was replaced is drained for a while.
    while (health := local.control("GET", "health"))["model_servers"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (health["models"], health["endpoints"], health["model_servers"]) == (0, 0, [])


def test_a_silent_rollback_is_a_success_to_cloudformation_only(local: Running) -> None:
    """The stack is UPDATE_COMPLETE while the old configuration serves, with a reason."""
    stack, sagemaker = Stack(local, "silent"), local.client("sagemaker")
    stack.deploy(sagemaker_resources("One"))
    before = sagemaker.describe_endpoint(EndpointName="stacked")["EndpointConfigName"]
    local.control("POST", "faults", {"kind": "silent-rollback", "endpoint": "stacked"})

    assert stack.deploy(sagemaker_resources("Two")) == "UPDATE_COMPLETE"
    described = sagemaker.describe_endpoint(EndpointName="stacked")
    assert ("InService", before) == (described["EndpointStatus"], described["EndpointConfigName"])
    assert "rolled back" in described["FailureReason"]
    stack.delete()


def test_fails_the_stack_with_the_reason_of_the_service(local: Running) -> None:
    """A failed update rolls the stack back; what was refused is in the events."""
    stack = Stack(local, "failing")
    stack.deploy(sagemaker_resources("One"))
    local.control("POST", "faults", {"kind": "failed-update", "endpoint": "stacked", "reason": "no capacity"})

    assert stack.deploy(sagemaker_resources("Two")) == "UPDATE_ROLLBACK_COMPLETE"
    assert 'Resource handler returned message: "no capacity"' in stack.failures()
    stack.delete()


def test_fails_a_template_that_the_service_refuses(local: Running) -> None:
    """Two shadows end in a rolled-back creation."""
    stack = Stack(local, "refused")
    resources = sagemaker_resources("One")
    shadows = resources["Config"]["Properties"]["ShadowProductionVariants"]
    shadows.append({**shadows[0], "VariantName": "other"})

    assert stack.deploy(resources) == "ROLLBACK_COMPLETE"
    assert "exactly one production variant and one shadow variant" in stack.failures()
    stack.delete()


def test_fails_a_creation_and_leaves_no_endpoint(local: Running) -> None:
    """An artifact that is not there rolls the creation back, endpoint included."""
    stack = Stack(local, "missing")
    resources = json.loads(json.dumps(sagemaker_resources("One")).replace("v2.tar.gz", "gone.tar.gz"))

    assert stack.deploy(resources) == "ROLLBACK_COMPLETE"
    assert "Could not find model data at s3://models/gone.tar.gz" in stack.failures()
    assert local.client("sagemaker").list_endpoints()["Endpoints"] == []
    stack.delete()


def test_alarms_of_templates_watch_expressions_and_each_other(local: Running) -> None:
    """An alarm on metric math fires on its own dimensions only, and a composite alarm follows."""
    cloudwatch, stack = local.client("cloudwatch"), Stack(local, "alarms")

    def metric(identifier: str, name: str) -> dict[str, Any]:
        dimensions = [{"Name": "VariantName", "Value": "shadow"}]
        stat = {"Metric": {"Namespace": "N", "MetricName": name, "Dimensions": dimensions}, "Period": 10, "Stat": "Sum"}
        return {"Id": identifier, "MetricStat": stat, "ReturnData": False}

    rate: dict[str, Any] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "rate",
            "Metrics": [metric("e", "Errors"), metric("n", "Calls"), {"Id": "x", "Expression": "e / n"}],
            "EvaluationPeriods": 1,
            "Threshold": 0.1,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
    }
    unfit: dict[str, Any] = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "DependsOn": "Rate",
        "Properties": {"AlarmName": "unfit", "AlarmRule": 'ALARM("rate") AND NOT ALARM("rate-of-others")'},
    }
    others: dict[str, Any] = {**rate, "Properties": {**rate["Properties"], "AlarmName": "rate-of-others"}}
    others_metrics = json.loads(json.dumps(rate["Properties"]["Metrics"]).replace("shadow", "production"))
    others["Properties"]["Metrics"] = others_metrics
    unfit["DependsOn"] = ["Rate", "Others"]
    assert stack.deploy({"Rate": rate, "Others": others, "Unfit": unfit}) == "CREATE_COMPLETE"

    def states() -> dict[str, str]:
        found = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return {a["AlarmName"]: a["StateValue"] for a in (*found["MetricAlarms"], *found["CompositeAlarms"])}

    for name, value in (("Errors", 1.0), ("Calls", 2.0)):
        dimensions = [{"Name": "VariantName", "Value": "shadow"}]
        datum = {"MetricName": name, "Dimensions": dimensions, "Value": value}
        cloudwatch.put_metric_data(Namespace="N", MetricData=[datum])
    deadline = time.monotonic() + 5
    while states()["unfit"] != "ALARM" and time.monotonic() < deadline:
        time.sleep(0.1)

    assert states() == {"rate": "ALARM", "rate-of-others": "OK", "unfit": "ALARM"}
    stack.delete()
    assert states() == {}


def test_metrics_can_be_read_through_boto3(local: Running) -> None:
    """Values with counts, percentiles and an expression, whichever protocol the client speaks."""
    cloudwatch, now = local.client("cloudwatch"), datetime.now(UTC)
    datum = {"MetricName": "L", "Values": [1.0, 100.0], "Counts": [99.0, 1.0], "Unit": "Microseconds"}
    cloudwatch.put_metric_data(Namespace="P", MetricData=[datum])
    stat = {"Metric": {"Namespace": "P", "MetricName": "L"}, "Period": 300, "Stat": "p50"}
    span = {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=10)}

    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}, {"Id": "x", "Expression": "m * 2"}], **span
    )["MetricDataResults"]
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="P", MetricName="L", Period=300, Statistics=["Maximum"], ExtendedStatistics=["p99.9"], **span
    )["Datapoints"]

    assert [result["Values"] for result in found] == [[1.0], [2.0]]
    assert (point["Maximum"], point["Unit"]) == (100.0, "Microseconds")
    assert point["ExtendedStatistics"]["p99.9"] > 90


def test_fails_an_endpoint_nobody_knows(local: Running) -> None:
    """Both SageMaker clients get AWS's codes."""
    with pytest.raises(ClientError, match="Could not find endpoint") as described:
        local.client("sagemaker").describe_endpoint(EndpointName="nobody")
    with pytest.raises(ClientError, match="Endpoint nobody of account 000000000000 not found") as invoked:
        local.client("sagemaker-runtime").invoke_endpoint(EndpointName="nobody", Body=b"")

    codes = [error.value.response["Error"]["Code"] for error in (described, invoked)]
    assert codes == ["ValidationException", "ValidationError"]


def test_an_unknown_service_costs_no_memory(local: Running) -> None:
    """A request for a service that is not there loads no API model of botocore."""
    before = _resident(local.process.pid)
    with pytest.raises(ClientError):
        local.client("glacier").list_vaults(accountId="-")

    assert _resident(local.process.pid) - before < 40


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def _marked(pid: int) -> list[int]:
    """Processes that carry the mark of a local AWS, itself and its reaper aside."""
    prefix = f"{MARK_VARIABLE}=".encode()
    own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    marks = set()
    for child in own:
        for part in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
            if part.startswith(prefix):
                marks.add(part)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marks & set((entry / "environ").read_bytes().split(b"\0")):
                found.append(int(entry.name))
    return found


def _gone(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGKILL", "stdin"])
def test_it_leaves_nothing_behind(tmp_path: Path, how: str) -> None:
    """Told to go, killed, or its starter gone: within two seconds no process of it is left."""
    running = start(tmp_path, "--until-stdin-closes")
    try:
        s3, sagemaker = running.client("s3"), running.client("sagemaker")
        s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="models", Key="m.tar.gz", Body=archive(code__inference_py=ECHO))
        container = {"Image": "i", "ModelDataUrl": "s3://models/m.tar.gz"}
        sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
        variant = {"VariantName": "p", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
        running.wait_until("InService", "e")
        pids = [running.process.pid, *_marked(running.process.pid)]
        assert len(pids) >= 2
        if how == "stdin":
            assert running.process.stdin is not None
            running.process.stdin.close()
        else:
            os.kill(running.process.pid, getattr(signal, how))

        running.process.wait(timeout=3)
        assert _gone(pids, 2)
        assert out(running.process).read() == ""
    finally:
        close(running)


def test_fails_when_the_port_is_taken(local: Running, tmp_path: Path) -> None:
    """One line on stderr, and exit code 2."""
    port = local.url.rpartition(":")[2]
    command = [str(PYTHON), "-m", "local_aws", "--port", port, "--state", str(tmp_path)]

    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=10, check=False)

    assert ended.returncode == 2
    assert "Address already in use" in ended.stderr
