"""``shadow-test report``: one page that needs nothing from anywhere, and shows what the gate says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shadow_ops.report import contents
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services
from tests.ops.cli.test_poison import HARMFUL, poison, recording
from tests.ops.fake_cloudwatch import START, FakeCloudWatch, traffic
from tests.ops.parameter_store import aws_error
from tests.ops.responses.captured import Said
from tests.ops.responses.fake_s3 import FakeS3

_VOID = {"meta", "line", "polyline"}


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Page(HTMLParser):
    """A page, read strictly: what is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has no end of its own."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what is written."""
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        """What a reader reads."""
        return " ".join(" ".join(self.words).split())


def report(run: Run, folder: Path, *arguments: object) -> Page:
    """Make a report and read it."""
    file = folder / "report.html"
    done = run("report", *(arguments or ("churn",)), "--output", file)
    assert done.exit_code == 0, done.output
    assert done.stderr.endswith(f"wrote {file}\n")
    return Page(file.read_text(encoding="utf-8"))


def test_the_verdict_its_reasons_and_both_variants_are_on_the_page(run: Run, tmp_path: Path) -> None:
    """The very sentences of the gate, curves of both, what was tested, capacity and instance-hours."""
    page = report(run, tmp_path)
    said = run("gate", "churn").stdout
    verdict = said.splitlines()[-1]
    assert " ".join(verdict.replace(":", "", 1).split()) in page.text
    for line in said.splitlines():
        if "latency-p99" in line and "PASS" in line:
            assert line.split("latency-p99")[1].strip() in page.text
    assert "v1 on 2 x ml.m5.xlarge" in page.text
    assert "Periods 120 of 5 min" in page.text
    assert "v2 on 1 x ml.m5.xlarge" in page.text
    kinds = [attributes.get("class") for tag, attributes in page.tags if tag == "polyline"]
    assert kinds.count("production") >= 5
    assert kinds.count("shadow") >= 5
    assert "Instance-hours of the shadow 10.0 of ml.m5.xlarge" in page.text


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0 %"), (0.0099, "under 0.01 %"), (0.01, "0.01 %"), (12.345, "12.3 %")]
)
def test_no_share_is_said_in_powers_of_ten(value: float, said: str) -> None:
    """What is next to nothing is said to be so."""
    assert contents.percent(value) == said


@pytest.mark.parametrize(("hours", "said"), [(0.0162, "0.016"), (0.999, "1"), (1.04, "1.0"), (1234.5, "1,234.5")])
def test_instance_hours_of_a_short_test_are_no_zero(hours: float, said: str) -> None:
    """Two digits of what is less than an hour, a tenth of what is more."""
    assert contents.some(hours) == said


def test_the_page_fetches_nothing_and_runs_nothing(run: Run, tmp_path: Path) -> None:
    """No script, link, image or font from anywhere; a browser is told to allow none."""
    page = report(run, tmp_path)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form"})
    text = (tmp_path / "report.html").read_text()
    assert not re.search(r"https?:|url\(|@import|\bon\w+=|javascript:", text)
    [policy] = [one["content"] for tag, one in page.tags if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert "default-src 'none'" in policy
    # Who reads in the dark prints on white paper all the same.
    for words in (
        "screen and (prefers-color-scheme: dark)",
        "@media print",
        "color-scheme: light;",
        "width=device-width",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("metrics", "word"),
    [(traffic(600, slower=1.3), "FAIL"), (traffic(600, shadow=False), "INCONCLUSIVE"), (FakeCloudWatch(), "INCON")],
    ids=["slow", "silent", "without data"],
)
def test_a_verdict_that_is_no_pass_is_a_page_as_well(
    run: Run, services: Services, tmp_path: Path, metrics: FakeCloudWatch, word: str
) -> None:
    """A page is written whatever it says, also where nothing was measured yet."""
    services.metrics = metrics
    assert word in report(run, tmp_path).text


def test_what_the_shadow_cost_is_told_where_a_price_is_given(run: Run, tmp_path: Path) -> None:
    """Ten hours of one instance."""
    assert "Cost 2.30 at 0.23 an instance and hour" in report(run, tmp_path, "churn", "--price", "0.23").text
    assert "2.30" not in report(run, tmp_path, "churn", "--force").text


def test_answers_are_compared_where_they_are_captured(run: Run, services: Services, tmp_path: Path) -> None:
    """Without captures, or without wanting them, the page says so."""
    assert "No pair of captured answers could be joined." in report(run, tmp_path, "churn").text
    assert "Answers were left out" in report(run, tmp_path, "churn", "--no-answers", "--force").text
    del services.configs["churn-config"]["DataCaptureConfig"]
    assert "The endpoint captures no answers" in report(run, tmp_path, "churn", "--force").text


def test_answers_are_counted_and_never_shown(run: Run, services: Services, tmp_path: Path) -> None:
    """Agreement, classes, numbers and differences by path; no request and no answer: they are customers' data."""
    production = [Said(f"id-{n}", "0.4", f"customer-{n}") for n in range(200)]
    shadow = [Said(one.id, "0.6" if n % 20 == 0 else "0.4", one.request) for n, one in enumerate(production)]
    objects = {
        f"churn/{side}/{START:%Y/%m/%d/%H}/00-10-1-a.jsonl": b"".join(one.line() + b"\n" for one in said)
        for side, said in (("production", production), ("shadow", shadow))
    }
    services.s3 = FakeS3(objects)
    page = report(run, tmp_path, "churn")
    assert "95.00 % of 200 pairs agree within the tolerance, 95 % sure" in page.text
    assert "< 0.5 190 10" in page.text
    assert "$ number 10" in page.text
    assert "customer" not in page.text


@pytest.mark.parametrize("times", [9, 10])
@pytest.mark.parametrize("answer", ['{{"{}": 0.5}}', '{{"x": [{{"{}": "y"}}]}}'])
def test_names_that_hardly_any_answer_has_are_on_no_page(
    run: Run, services: Services, tmp_path: Path, times: int, answer: str
) -> None:
    """A member's name may be a customer's; what ten answers have is the answer's form."""
    for side, name in (("production", "Ada"), ("shadow", "Grace")):
        said = [Said(f"{n}", answer.format(name if n < times else "score"), f"{n}") for n in range(60)]
        key = f"churn/{side}/{START:%Y/%m/%d/%H}/00-10-1-a.jsonl"
        objects = {**getattr(services.s3, "objects", {}), key: b"".join(one.line() + b"\n" for one in said)}
        services.s3 = FakeS3(objects)
    text = report(run, tmp_path, "churn").text
    assert ("Ada" in text, "Grace" in text, "(rare)" in text) == (
        (True, True, False) if times == 10 else (False, False, True)
    )
    assert "Ada" not in report(run, tmp_path, "churn", "--force", "--redact", "$").text


def test_a_recording_becomes_a_page_without_any_aws(run: Run, services: Services, tmp_path: Path) -> None:
    """The verdict is that of the replay."""
    seen = tmp_path / "seen.json"
    assert run("gate", "churn", "--record", seen).exit_code == 0
    services.endpoints.clear()
    assert "PASS all 10 deciding rules hold" in report(run, tmp_path, "--replay", seen).text


def test_text_from_outside_is_text_on_the_page(run: Run, services: Services, tmp_path: Path) -> None:
    """Names and labels that are HTML, or turn the direction of what follows, are shown as what they are."""
    poison(services)
    page = report(run, tmp_path, "churn", "--no-answers")
    assert "FORGED" in page.text
    assert "img" not in {tag for tag, _ in page.tags}
    assert not HARMFUL.search((tmp_path / "report.html").read_text(encoding="utf-8"))
    page = report(run, tmp_path, *recording(tmp_path), "--force")
    assert "img" not in {tag for tag, _ in page.tags}
    assert not HARMFUL.search((tmp_path / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name an endpoint, or a recording with --replay FILE"),
        (("churn", "--replay", "SEEN"), "name an endpoint, or a recording with --replay FILE"),
        (("churn", "--price", "0"), "--price"),
        (("churn", "--price", "nan"), "not a finite number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Exit code 2, and no file."""
    (tmp_path / "seen.json").write_text("{}")
    given = [str(tmp_path / "seen.json") if one == "SEEN" else one for one in arguments]
    done = run("report", *given, "--output", tmp_path / "report.html")
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "report.html").exists()


def test_a_file_is_never_lost(run: Run, services: Services, tmp_path: Path) -> None:
    """What is there stays without --force, and with it until the new page is whole."""
    file = tmp_path / "report.html"
    file.write_text("mine")
    assert "add --force" in run("report", "churn", "--output", file).stderr
    assert "make it first" in run("report", "churn", "--output", tmp_path / "none" / "report.html").stderr
    services.errors["GetMetricData"] = aws_error("AccessDenied", "no", "GetMetricData")
    assert run("report", "churn", "--output", file, "--force").exit_code == 1
    assert file.read_text() == "mine"
