"""The example app renders the same templates wherever and whenever it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rehearsal import environment

_CONTEXT = (
    '{"endpoint_name":"churn","v1_artifact":"s3://m/1/model.tar.gz","v2_artifact":"s3://m/2/model.tar.gz",'
    '"v1_xgboost":"3.0-5","v2_xgboost":"3.0-5","instance_type":"ml.m5.xlarge","production_count":"2",'
    '"shadow_count":"1","sampling_percent":"50","delete_captures_with_stack":"true","gate_policy":""}'
)


def _synthesize(out: Path, **surroundings: str) -> dict[str, bytes]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=environment.PROJECT,
        env={
            "PATH": path,
            "HOME": str(Path.home()),
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": _CONTEXT,
            **surroundings,
        },
        check=True,
        capture_output=True,
    )
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


def test_two_syntheses_are_equal_byte_for_byte(tmp_path: Path) -> None:
    """Neither hash seed, time zone, locale nor AWS settings reach the templates."""
    first = _synthesize(tmp_path / "first", PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C")
    second = _synthesize(
        tmp_path / "second", PYTHONHASHSEED="4711", TZ="America/Lima", AWS_REGION="eu-west-1", AWS_PROFILE="other"
    )
    assert "churn-shadow.template.json" in first
    assert first == second
