"""The guard's Lambda package: what runs there and nothing else, the same on every machine, there when it is needed."""

from __future__ import annotations

import ast
import concurrent.futures
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

import shadow_ops
from shadow_constructs import ShadowEndpoint
from shadow_constructs.guard.package import HANDLER, modules, package, written
from shadow_constructs.managed.experiment import HANDLER as MANAGED
from shadow_constructs.pipelines.answering import HANDLER as ANSWERING
from shadow_constructs.watch.construct import HANDLER as WATCH
from tests.constructs.rendering import the
from tests.support.imports import closure
from tests.values.samples import shadow_test

ROOT = Path(shadow_ops.__file__).parent


def test_the_package_holds_what_the_handler_imports_and_nothing_else() -> None:
    """Whoever adds a module to a wing and doesn't run it there, or runs one of another wing, sees it here."""
    names = {name for name in modules(ROOT) if name.endswith(".py")}

    run = {file for handler in (HANDLER, WATCH, ANSWERING, MANAGED) for file in closure(handler.rpartition(".")[0])}
    assert names == {file.relative_to(ROOT).as_posix() for file in run}


def test_the_package_has_the_files_without_their_docstrings_and_comments() -> None:
    """Under their names as modules, each doing the same on the same lines, with the table of instances as it is."""
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        found = {name.removeprefix("shadow_ops/"): archive.read(name).decode() for name in archive.namelist()}

    assert list(found) == modules(ROOT)
    for name, packed in found.items():
        source = (ROOT / name).read_text(encoding="utf-8")
        if name.endswith(".py"):
            assert bare(packed) == bare(source), name
            assert texts(packed) <= {""}, name
            assert not any(line.lstrip().startswith("#") for line in packed.splitlines()), name
        else:
            assert packed == source
    assert len(package()) < 620_000


def texts(source: str) -> set[str]:
    """The texts in a module that nothing evaluates."""
    nodes = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def bare(source: str) -> str:
    """What a module does and on which lines, without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value = ast.Constant("")
        # The last line of what ends with a docstring is that one's.
        vars(node).pop("end_lineno", None)
        vars(node).pop("end_col_offset", None)
    ast.fix_missing_locations(tree)
    return ast.dump(tree, include_attributes=True)


def test_another_release_of_the_compressor_makes_the_same_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines differ in their zlib, and what it makes of a text with it; nothing here is compressed."""
    here, its_hash = package(), asset_hash()
    monkeypatch.setattr(zlib, "compressobj", _Other)
    package.cache_clear()

    assert package() == here
    assert asset_hash() == its_hash


class _Other:
    """A compressor that makes something else of everything."""

    def __init__(self, *_: Any) -> None:  # noqa: ANN401 - whatever zlib's takes
        self._made = zlib.compress(b"other", 1)

    def compress(self, _: bytes) -> bytes:
        return b""

    def flush(self) -> bytes:
        return self._made


def test_line_ends_of_a_checkout_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git may have written every line with CR and LF."""
    here, read = package(), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read(self).replace(b"\n", b"\r\n"))
    package.cache_clear()

    assert package() == here


def test_no_staging_finds_the_package_after_the_process_is_gone(tmp_path: Path) -> None:
    """It lies beside the templates, which refer to it there, and nothing is left over from writing it."""
    app = cdk.App(outdir=str(tmp_path), context={"aws:cdk:disable-asset-staging": True})
    ShadowEndpoint(cdk.Stack(app, "Stack"), "E", test=shadow_test())
    app.synth()
    assets = json.loads((tmp_path / "Stack.assets.json").read_text(encoding="utf-8"))["files"].values()
    paths = {one["source"]["path"] for one in assets if one["source"]["path"].endswith(".zip")}

    assert {(tmp_path / path).read_bytes() for path in paths} == {package()}
    assert not list(tmp_path.glob("*.part"))


def test_many_at_once_write_one_package(tmp_path: Path) -> None:
    """Apps are synthesized side by side into one folder: each finds a whole file, and there is one."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: written(tmp_path), range(32)))

    assert [file.read_bytes() for file in tmp_path.iterdir()] == [package()]
    assert found == set(tmp_path.iterdir())


def test_an_installation_that_nobody_may_write_to_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written but into the assembly's folder, the machine's temporary folder included."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    folder = tmp_path / "out"
    folder.mkdir()

    assert written(folder).read_bytes() == package()
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def asset_hash() -> str:
    """Where the template expects the package."""
    stack = cdk.Stack(cdk.App(), "Stack")
    ShadowEndpoint(stack, "E", test=shadow_test())
    template = cdk.assertions.Template.from_stack(stack).to_json()
    return str(the(dict(template), "AWS::Lambda::Function")["Code"]["S3Key"])
