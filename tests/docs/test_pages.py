"""README and docs: every Python example runs, every link leads somewhere, and AWS's words are used."""

from __future__ import annotations

import inspect
import re
import textwrap
import typing
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from constructs import Construct

import shadow_constructs
from shadow_ops.guard.decision import Step

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"^( *)```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
TOML = re.compile(r"^```toml\n# (\S+\.toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
WITH_CODE = [page for page in PAGES if CODE.search(page.read_text(encoding="utf-8"))]
# Words of ours that once stood in place of AWS's.
OURS = re.compile(r"\b(taken back|takes it back|take it back|took back|the way back|is told when|tells people)\b", re.I)


def name_of(page: Path) -> str:
    """A page as people call it."""
    return page.relative_to(ROOT).as_posix()


def around() -> dict[str, Any]:
    """What an example may take for granted: the package, the CDK's modules, and what the README begins with."""
    known = {name: getattr(shadow_constructs, name) for name in shadow_constructs.__all__}
    modules = {"ec2": ec2, "iam": iam, "kms": kms, "s3": s3, "sagemaker": sagemaker, "sns": sns}
    found = {**known, **modules, "cdk": cdk, "Construct": Construct, "replace": replace}
    [first, *_] = CODE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    values, _ = first[1].split("app = cdk.App()")
    exec(compile(values, "README.md", "exec"), found)
    return {**found, "app": cdk.App()}


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_every_example_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as a reader would; what an example calls a test passes."""
    text = page.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, content in TOML.findall(text):
        Path(name).write_text(content, encoding="utf-8")
    known = around()
    for _, code in CODE.findall(text):
        exec(compile(textwrap.dedent(code), name_of(page), "exec"), known)

    tests = [one for name, one in known.items() if name.startswith("test_") and inspect.isfunction(one)]
    for one in tests:
        # A snapshot that is anything: what it is compared with is there.
        one(**dict.fromkeys(inspect.signature(one).parameters, Anything()))


class Anything:
    """Equals whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return bool(other)

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files that are named are there, seen from the page."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    gone = [one for one in links if "://" not in one and not (page.parent / one).exists()]

    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_words_are_awss(page: Path) -> None:
    """Roll back, notify, deploy, promote: whoever knows AWS needn't learn others."""
    assert OURS.findall(page.read_text(encoding="utf-8")) == []


def test_every_page_is_one_link_away() -> None:
    """From the README, so that nobody has to look into the folder."""
    links = set(LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))

    assert {name_of(page) for page in PAGES[1:]} - links == set()


def test_the_readme_is_a_screen_and_a_half() -> None:
    """A hundred lines at most; the rest is a page."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) <= 100


def test_the_guards_page_names_every_step_that_the_guard_can_take() -> None:
    """As the code does, in its own words and its order; the diagram has every service that the guard writes to."""
    page = (ROOT / "docs" / "guard.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    diagram = page.split("```mermaid")[1].split("```")[0]

    assert rows == [(one.__name__, (one.__doc__ or "").splitlines()[0]) for one in typing.get_args(Step)]
    for who, whom in ("BC", "BS", "BP", "AS", "AP", "AC"):
        assert re.search(rf"^ *{who}-?->>{whom}: ", diagram, re.MULTILINE), (who, whom)
