"""The code of the functions as a Lambda package: the wings of `shadow_ops` that run there, the same everywhere."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import zipfile
from functools import cache
from importlib import resources
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from shadow_ops.contract.problems import refuse

HANDLER = "shadow_ops.guard.handler.handle"
_WINGS = ("answering", "aws", "contract", "guard", "judge", "managed", "measure", "responses", "watch")
# What of these wings only synthesis or the command line imports.
_NOT_RUN = {
    "aws/clients.py",
    "aws/denied.py",
    "aws/giving_reasons.py",
    "aws/parsing.py",
    "judge/noted.py",
    "judge/plan.py",
    "judge/soonest.py",
    "contract/added.py",
    "contract/approving.py",
    "contract/declaring.py",
    "contract/ecr.py",
    "contract/held.py",
    "contract/hosting.py",
    "contract/metrics.py",
    "contract/names.py",
    "contract/partitions.py",
    "contract/permissions.py",
    "contract/promotion.py",
    "contract/properties.py",
    "contract/reading.py",
    "contract/sentences.py",
    "contract/small.py",
    *(
        f"managed/{name}.py"
        for name in (
            *("foreseen", "handed", "named", "promote", "promotion", "ramp_words"),
            *("remembered", "sampling", "updating", "verdict"),
        )
    ),
    "measure/recording_file.py",
    *(
        f"responses/{name}.py"
        for name in (
            *("agreement", "athena", "exchange", "export", "few", "fetch", "find", "numbers", "redact"),
            *("reading_text", "result"),
            *("csv_rows", "hidden", "labels", "local", "moved", "run", "segment", "since", "symptoms", "tally"),
            *("engines/__init__", "engines/duck", "engines/duck_sql", "engines/stdlib"),
        )
    ),
}
_DATA = ("data/instances.json",)
# Zip archives can't say an earlier time; the same for every file, so that the same code is the same package.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_COMMENT = re.compile(rb"^ *#.*$", re.MULTILINE)
_DOCSTRING = re.compile(rb'^( *)r?"""(?=[A-Z`])(?:[^"]|"(?!""))*"""$', re.MULTILINE)


def package_asset(scope: Construct, construct_id: str) -> s3_assets.Asset:
    """The package as an asset.

    It is written beside the templates: there it is as long as they are, however the assembly is deployed and when
    (``cdk synth --no-staging`` refers to the file instead of copying it), and nothing else has to be writable.
    """
    stage = cdk.Stage.of(scope)
    folder = Path(tempfile.mkdtemp(prefix="shadow-guard-") if stage is None else stage.asset_outdir)
    try:
        return s3_assets.Asset(scope, construct_id, path=str(written(folder)))
    except RuntimeError as error:
        said, must = str(error).strip().splitlines()[0], "be one that takes files, for the code of the guard"
        fix = "take cdk.DefaultStackSynthesizer(), or Guard.off(reason)"
        refuse(type(scope).__name__, "synthesizer", must, said, fix)


def written(folder: Path) -> Path:
    """Write the package into a folder, unless it is there; its name says what is in it."""
    content = package()
    made = folder / f"shadow-guard-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    if not made.exists():
        # Another process or thread may write the same at the same time: each makes its own and moves it into place.
        handle, name = tempfile.mkstemp(dir=folder, prefix=made.stem, suffix=".part")
        with os.fdopen(handle, "wb") as part:
            part.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(made)
    return made


@cache
def package() -> bytes:
    """The package, a zip archive.

    It isn't compressed: what a compressor makes of a text depends on its release, and with it would every template.
    """
    archive = io.BytesIO()
    root = Path(str(resources.files("shadow_ops")))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
        for name in modules(root):
            entry = zipfile.ZipInfo(f"{root.name}/{name}", _NO_TIME)
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            # A checkout may have given the files other line ends.
            made.writestr(entry, without_comments((root / name).read_bytes().replace(b"\r\n", b"\n")))
    return archive.getvalue()


def without_comments(source: bytes) -> bytes:
    """A module without the texts that only its readers need, a quarter of all; each line keeps its number.

    By their looks, because to parse all modules would take as long as a synthesis: a text in triple quotes that begins
    a line is a docstring here, and a line that begins with # a comment.
    """
    bare = _DOCSTRING.sub(lambda found: found[1] + b'""' + b"\n" * found[0].count(b"\n"), source)
    return _COMMENT.sub(b"", bare)


def modules(root: Path) -> list[str]:
    """What the package holds, relative to the folder of `shadow_ops`, in a fixed order."""
    found = (file for wing in _WINGS for file in (root / wing).rglob("*.py"))
    names = {file.relative_to(root).as_posix() for file in found}
    return sorted({"__init__.py", *names, *_DATA} - _NOT_RUN)
