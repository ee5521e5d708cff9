"""Keeps the list of SageMaker hosting instance types equal to the API's, as the installed botocore knows it.

The library carries the list as data because it runs where botocore may be missing, or too old or too new to agree.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import botocore
from botocore.loaders import Loader

LIST = Path(__file__).parents[1] / "shadow_ops" / "data" / "instance_types.json"
"""The file that the library reads."""

SHAPE = "ProductionVariantInstanceType"


def from_botocore() -> list[str]:
    """Read the instance types that CreateEndpointConfig takes.

    Returns:
        The types, such as ``ml.m5.xlarge``, sorted.
    """
    model = Loader().load_service_model("sagemaker", "service-2")
    return sorted(model["shapes"][SHAPE]["enum"])


def write(path: Path) -> int:
    """Write the list, with where it comes from.

    Args:
        path: The file; replaced if it exists.

    Returns:
        How many instance types it has.

    Raises:
        OSError: If the file cannot be written.
    """
    types = from_botocore()
    content = {
        "source": f"botocore, sagemaker API model, enum {SHAPE}; written by tools/instance_types.py",
        "botocore_version": botocore.__version__,
        "instance_types": types,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return len(types)


def differences(path: Path) -> list[str]:
    """Compare the file with botocore.

    The recorded version is not compared: it says from when the list is, which stays true when a newer botocore has the
    same types.

    Args:
        path: The file.

    Returns:
        One line per instance type that is missing or no longer known, or what is wrong with the file as a whole.
    """
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["instance_types"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{path.name} cannot be read: {error!r}"]
    if not isinstance(listed, list):
        return [f"{path.name} cannot be read: instance_types must be a list, got {listed!r}"]
    known = from_botocore()
    lines = [f"missing: {name}" for name in sorted({*known} - {*listed})]
    lines += [f"not in botocore {botocore.__version__}: {name}" for name in sorted({*listed} - {*known})]
    if not lines and listed != known:
        lines = ["not sorted, or a type is listed twice"]
    return lines


def main(arguments: Sequence[str] | None = None, *, path: Path = LIST) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Those of the process by default.
        path: The file. The one that the library reads by default.

    Returns:
        0 when the file is as it should be, 1 when ``--check`` finds a difference or the file cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="python tools/instance_types.py",
        description="Keep shadow_ops/data/instance_types.json equal to the enum of the installed botocore.",
        epilog="Run --write after raising botocore's pin; the tests do what --check does.",
    )
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write the file")
    choice.add_argument("--check", action="store_true", help="exit with 1, and say why, if the file differs")
    options = parser.parse_args(arguments)
    if options.write:
        try:
            count = write(path)
        except OSError as error:
            parser.exit(1, f"{parser.prog}: {error}\n")
        sys.stderr.write(f"wrote {count} instance types of botocore {botocore.__version__} to {path.name}\n")
        return 0
    lines = differences(path)
    if lines:
        sys.stderr.write("\n".join([*lines, "run: python tools/instance_types.py --write"]) + "\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
