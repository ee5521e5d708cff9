"""Keeps the table of vCPUs and GPUs per SageMaker instance type equal to what EC2 says of the same machines.

EC2's DescribeInstanceTypes needs an account. Its answer, as the moto project records it for its own emulation, is read from
moto's wheel instead; a SageMaker type is the EC2 type of the same name behind ``ml.``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
TABLE = PROJECT / "shadow_ops" / "data" / "instances.json"
"""The file that the library reads."""

TYPES = PROJECT / "shadow_constructs" / "data" / "instance_types.json"
"""The SageMaker types that the library knows."""

MOTO = "5.2.5"
_MEMBER = "moto/ec2/resources/instance_types.json.gz"


def described(version: str = MOTO) -> dict[str, Any]:
    """EC2's description of its instance types, by type, from moto's wheel.

    Raises:
        CalledProcessError: If pip can't fetch the wheel.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*command, f"moto=={version}"], check=True)
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            found: dict[str, Any] = json.loads(gzip.decompress(archive.read(_MEMBER)))
            return found


def hardware(description: Mapping[str, Any]) -> list[int]:
    """The vCPUs and GPUs of one type; Inferentia and Trainium are no GPUs, and have no GPU metrics."""
    gpus = description.get("GpuInfo", {}).get("Gpus", [])
    return [int(description["VCpuInfo"]["DefaultVCpus"]), sum(int(gpu["Count"]) for gpu in gpus)]


def table(descriptions: Mapping[str, Any], types: Sequence[str], version: str = MOTO) -> dict[str, Any]:
    """The table: every SageMaker type that EC2 describes, without its ``ml.``."""
    names = [name.removeprefix("ml.") for name in types]
    return {
        "source": f"EC2 DescribeInstanceTypes as recorded in moto {version} (Apache-2.0); written by "
        "tools/instance_hardware.py: [vCPUs, GPUs]",
        "instances": {name: hardware(descriptions[name]) for name in sorted(names) if name in descriptions},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0 when the file is as it should be, else 1."""
    parser = argparse.ArgumentParser(prog="python tools/instance_hardware.py", description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write the file")
    choice.add_argument("--check", action="store_true", help="exit with 1 if the file differs")
    options = parser.parse_args(arguments)
    types = json.loads(TYPES.read_text(encoding="utf-8"))["instance_types"]
    made = table(described(), types)
    missing = [name for name in types if name.removeprefix("ml.") not in made["instances"]]
    sys.stderr.write(f"not described: {', '.join(missing) or 'none'}\n")
    text = json.dumps(made, separators=(",", ":")).replace("],", "],\n") + "\n"
    if options.write:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(text, encoding="utf-8")
        return 0
    differs = not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text
    if differs:
        sys.stderr.write(f"{TABLE.name} differs; run: python tools/instance_hardware.py --write\n")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
