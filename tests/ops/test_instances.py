"""What an instance type brings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shadow_ops.contract.instances import InstanceHardware, hardware_of, types_in
from tools.instance_hardware import TABLE, TYPES, Described, main, table

DESCRIBED: Described = {
    "m5.xlarge": {"VCpuInfo": {"DefaultVCpus": 4}},
    "g6f.large": {"VCpuInfo": {"DefaultVCpus": 2}, "GpuInfo": {"Gpus": [{"Count": 0, "LogicalGpuCount": 1}]}},
    "g4dn.12xlarge": {"VCpuInfo": {"DefaultVCpus": 48}, "GpuInfo": {"Gpus": [{"Count": 4, "LogicalGpuCount": 4}]}},
}


@pytest.mark.parametrize(
    ("instance_type", "vcpus", "gpus"),
    [
        ("ml.m5.xlarge", 4, 0),
        ("ml.c5.18xlarge", 72, 0),
        ("ml.g4dn.12xlarge", 48, 4),
        ("ml.p4d.24xlarge", 96, 8),
        ("ml.inf2.48xlarge", 192, 0),
    ],
)
def test_a_type_has_the_hardware_that_ec2_describes(instance_type: str, vcpus: int, gpus: int) -> None:
    """Cores and GPUs, and no GPU on Inferentia."""
    assert hardware_of(instance_type) == InstanceHardware(vcpus=vcpus, gpus=gpus)


@pytest.mark.parametrize("instance_type", ["ml.m99.xlarge", "ml.m5.", "", "ml.p2.xlarge"])
def test_an_unknown_type_is_not_guessed(instance_type: str) -> None:
    """A type that the source doesn't describe is None, whatever its name looks like."""
    assert hardware_of(instance_type) is None


def test_the_table_has_nearly_every_type_that_sagemaker_hosts_on() -> None:
    """Only types that EC2 retired or hasn't described yet are unknown, and we know which."""
    types = json.loads(TYPES.read_text(encoding="utf-8"))["instance_types"]

    unknown = {name for name in types if hardware_of(name) is None}

    assert {name.split(".")[1] for name in unknown} == {"dl1", "p2", "p3", "p6e-gb200"}
    assert len(unknown) == 8


def test_the_table_is_small_and_says_where_it_comes_from() -> None:
    """It travels in a Lambda function, and somebody who doubts an entry can look it up."""
    text = TABLE.read_text(encoding="utf-8")

    assert len(text) < 15_000
    assert "DescribeInstanceTypes" in json.loads(text)["source"]


def test_every_entry_is_plausible() -> None:
    """At least one core and no negative number of GPUs, whatever the source holds."""
    for vcpus, gpus in types_in(TABLE.read_text(encoding="utf-8")).values():
        assert vcpus >= 1
        assert gpus >= 0


def test_only_described_types_enter_the_table() -> None:
    """A type that EC2 doesn't describe has no row; the others have cores and GPUs."""
    found = table(DESCRIBED, ["ml.g6f.large", "ml.m5.xlarge", "ml.g4dn.12xlarge", "ml.new.huge"])

    assert found == {"ml.g4dn.12xlarge": [48, 4], "ml.g6f.large": [2, 1], "ml.m5.xlarge": [4, 0]}


def test_what_is_written_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Writing is the cure that the check proposes; types without a description are named."""
    path = tmp_path / "instances.json"

    assert main(["--write"], path=path, source=lambda: DESCRIBED) == 0
    assert "wrote 2 types to instances.json; not described: ml.c4.2xlarge" in capsys.readouterr().err
    assert main(["--check"], path=path, source=lambda: DESCRIBED) == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"types": {"5,0": "m5.xlarge"}}', "m5.xlarge: [5, 0], should be [4, 0]\n"),
        ('{"types": {"5,0": "c.d a.b"}}', "a.b: [5, 0], should be None\n"),
        ("[", "instances.json cannot be read: "),
    ],
)
def test_the_check_says_what_differs(
    content: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, each difference in a line, and the command to run."""
    path = tmp_path / "instances.json"
    path.write_text(content, encoding="utf-8")

    assert main(["--check"], path=path, source=lambda: DESCRIBED) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.endswith("run: python tools/instance_hardware.py --write\n")
