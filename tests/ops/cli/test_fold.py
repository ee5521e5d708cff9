"""``shadow-test fold``: what was promoted becomes production in the code, and nothing is folded that doesn't serve."""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path

import pytest

from shadow_constructs import ShadowTest
from shadow_ops.contract.declared import Declared, DeclaredVariant, settings_name
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.testfile.ends import with_ends_of
from shadow_ops.testfile.fold import folded
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, Services

pytestmark = pytest.mark.usefixtures("asked_here")
SERVING = replace(
    DECLARED,
    production=(DeclaredVariant(name="production", version="v2", label="v2 (xgboost 3.0-5) on 2 x ml.m5.xlarge"),),
    shadow=None,
    sampling_percent=0,
    promoted=None,
)
FILE = """# churn, of the growth team
endpoint_name = "churn"

[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }
model = { version = "v1", model_name = "old" }

[shadow]
hardware = { instance_type = "ml.m5.xlarge" }
model = { version = "v2", model_name = "new" }
"""
FOLDED = """# churn, of the growth team
endpoint_name = "churn"

[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }
model = { version = "v2", model_name = "new" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file that was deployed."""
    path = tmp_path / "churn.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def promoted(services: Services) -> None:
    """The endpoint after its promotion."""
    say(services, SERVING)
    services.configs["churn-config"].pop("ShadowProductionVariants")


def say(services: Services, declared: Declared) -> None:
    """Let the endpoint's stack say something."""
    services.parameters[settings_name("churn")] = [to_text(declared)]


@pytest.mark.usefixtures("promoted")
def test_the_file_says_what_serves(run: Run, file: Path) -> None:
    """Production has the tested model, the shadow is gone, the comment stays; a second time changes nothing."""
    done = run("fold", "churn", "--write", file)
    assert done.exit_code == 0, done.output
    assert file.read_text() == FOLDED
    serves = f"{file}: production is v2 on 2 x ml.m5.xlarge"
    assert done.stderr.splitlines() == [
        f"{serves} now, and the shadow is gone",
        "held against what serves: version, instance type and count; "
        "`cdk diff` shows whether deploying the file changes more",
    ]

    again = run("fold", "churn", "--write", file)
    assert (again.exit_code, file.read_text()) == (0, FOLDED)
    assert f"{serves} already, nothing to fold" in again.stderr


@pytest.mark.usefixtures("promoted")
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_and_the_mark_of_a_file_stay(run: Run, file: Path, mark: bytes, last: str) -> None:
    """Byte for byte, outside of what changes."""
    file.write_bytes(mark + (FILE.rstrip() + last).replace("\n", "\r\n").encode())
    assert run("fold", "churn", "--write", file).exit_code == 0
    assert file.read_bytes() == mark + (FOLDED.rstrip() + last).replace("\n", "\r\n").encode()


def test_a_file_of_mixed_line_ends_keeps_each() -> None:
    """A line that stays has the end that it had, within a text of several lines too."""
    text = FILE.replace("[production]", 'tags = { a = """x\r\n[y]\n""" }\r\n[production]').replace("team\n", "team\r\n")
    begin = text.index("model =")
    after = with_ends_of(text.encode(), folded(text.replace("\r\n", "\n"), "churn.toml"))
    assert after.startswith(text[:begin].encode())


HARDWARE_TEST = FILE.replace('"v2", model_name = "new"', '"v1", model_name = "old"').replace(
    '[shadow]\nhardware = { instance_type = "ml.m5.xlarge" }',
    '[shadow]\nhardware = { instance_type = "ml.c7i.xlarge" }',
)
SAME = "production is v1 on 2 x ml.m5.xlarge already, nothing to fold"


@pytest.mark.usefixtures("promoted")
@pytest.mark.parametrize(
    ("text", "serves", "production", "said"),
    [
        (HARDWARE_TEST, "ml.c7i.xlarge", '"ml.c7i.xlarge", count = 2', "v1 on 2 x ml.c7i.xlarge now, and the shadow"),
        (HARDWARE_TEST, "ml.m5.xlarge", None, f"{SAME}; its shadow, v1, was not promoted"),
        (HARDWARE_TEST.replace("c7i", "m5"), "ml.m5.xlarge", '"ml.m5.xlarge"', "v1 on 1 x ml.m5.xlarge now"),
        (HARDWARE_TEST.replace("[shadow]", "shadow = false\n[tags]"), "ml.m5.xlarge", None, SAME),
        (HARDWARE_TEST, "ml.g5.xlarge", None, "and tests v1, but v1 on 2 x ml.g5.xlarge serves churn"),
        (
            FILE.replace('"v1"', '"v0"').replace('"v2"', '"v1"'),
            "ml.g5.xlarge",
            None,
            "but v1 on 2 x ml.g5.xlarge serves",
        ),
    ],
)
def test_what_serves_is_known_by_its_hardware_too(
    run: Run, services: Services, file: Path, text: str, serves: str, production: str | None, said: str
) -> None:
    """Also where other hardware is all that was tested: folded when it serves, left alone when it doesn't."""
    [variant] = services.configs["churn-config"]["ProductionVariants"]
    variant |= {"InstanceType": serves, "InitialInstanceCount": 1 if "on 1 x" in said else 2}
    say(services, replace(SERVING, production=(replace(SERVING.production[0], version="v1"),)))
    file.write_text(text)

    done = run("fold", "churn", "--write", file)

    assert said in done.stderr
    assert done.exit_code == (2 if "but v1" in said else 0)
    if production is None:
        assert file.read_text() == text
    else:
        assert "shadow" not in file.read_text()
        assert f"hardware = {{instance_type = {production}}}" in file.read_text()


@pytest.mark.usefixtures("promoted")
def test_without_a_file_the_lines_of_code_are_shown(run: Run) -> None:
    """What becomes production, and what goes."""
    text = run("fold", "churn").stdout
    assert text.startswith("v2 (xgboost 3.0-5) on 2 x ml.m5.xlarge serves as production. In the code,")
    assert "shadow, sampling_percent, promote_on" in text


@pytest.mark.usefixtures("promoted")
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('endpoint_name = "churn"', 'endpoint_name = "other"', "is about endpoint other, not churn"),
        (
            'endpoint_name = "churn"',
            'endpoint_name = "churn\\nx"',
            "line 2: ShadowTest: 'endpoint_name' must be 1 to 63 letters",
        ),
        ('"v2"', '"v\\u20283"', "line 10: Model: 'version' must be 1 to 63 letters"),
        ('"v2"', '"v3"', "tests v3, but v2 on 2 x ml.m5.xlarge serves churn; give the file that was deployed"),
        ("[shadow]", "[other]", "line 8: 'other' is not known here"),
        (FILE[FILE.index("[shadow]") :], "", "tests nothing, but v2 on 2 x ml.m5.xlarge serves churn"),
        ('version = "v1", ', "", "line 6: 'production.model.version' must be given"),
        ('"v2"', "2", "line 10: Model: 'version' must"),
        (
            '[shadow]\nhardware = { instance_type = "ml.m5.xlarge" }',
            "[shadow]",
            "line 8: 'shadow.hardware' must be given",
        ),
        ('{ instance_type = "ml.m5.xlarge", count = 2 }', '"ml"', "line 5: 'production.hardware' must be a table"),
        (
            "[production]",
            'promote_on = "x"\n[production]',
            "line 4: ShadowTest: 'promote_on' must be 'production', 'shadow'",
        ),
        ("[shadow]", "[shadow", "not TOML"),
    ],
)
def test_another_file_is_left_alone(run: Run, file: Path, before: str, after: str, said: str) -> None:
    """Of another endpoint, of another test, of none, broken: one line, and not a byte is changed."""
    file.write_text(FILE.replace(before, after))
    given = file.read_bytes()

    done = run("fold", "churn", "--write", file)

    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {file}")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert file.read_bytes() == given


@pytest.mark.usefixtures("promoted")
def test_a_fold_that_the_library_would_refuse_is_not_written(run: Run, file: Path) -> None:
    """What is wrong with the file as it stands is told, with its line, and it stays as it is."""
    given = FILE.replace("[production]", "zzz = 1\n[production]")
    file.write_text(given)
    with pytest.raises(InvalidValueError) as refused:
        ShadowTest.from_file(file)
    done = run("fold", "churn", "--write", file)
    assert (done.exit_code, file.read_text()) == (2, given)
    assert done.stderr.splitlines() == [f"error: {line}" for line in refused.value.problems]


def test_what_is_not_promoted_is_not_folded(run: Run, file: Path) -> None:
    """As long as the shadow is tested, the file is what it is."""
    done = run("fold", "churn", "--write", file)
    assert done.exit_code == 1
    assert "churn still tests v2; promote it first" in done.stderr
    assert file.read_text() == FILE


@pytest.mark.usefixtures("promoted")
def test_what_does_not_serve_is_not_folded(run: Run, services: Services, file: Path) -> None:
    """After an update that was rolled back the code says more than the endpoint."""
    say(services, replace(SERVING, config="another"))
    done = run("fold", "churn", "--write", file)
    assert done.exit_code == 1
    assert "churn doesn't serve what its stack says" in done.stderr
    assert file.read_text() == FILE


COMMENTED = """# churn.toml
endpoint_name = "churn"

# Who serves today
[production]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }

[production.model]
version = "v1"
model_name = "old"

# Agreed with the risk team
# in March
[[gate.rules]]
kind = "latency"
percentile = 99

# The candidate
[shadow]
hardware = { instance_type = "ml.m5.xlarge", count = 2 }

[shadow.model]
version = "v2"
model_name = "new"

# Finance must approve a change
[tags]
team = "growth"
"""


def test_comments_stay_above_the_tables_they_are_about(run: Run, services: Services, tmp_path: Path) -> None:
    """Whatever goes before or after; what is said of the shadow goes with it."""
    say(services, SERVING)
    services.configs["churn-config"].pop("ShadowProductionVariants")
    file = tmp_path / "churn.toml"
    file.write_text(COMMENTED)
    assert run("fold", "churn", "--write", file).exit_code == 0
    wanted = COMMENTED.replace('version = "v1"\nmodel_name = "old"', 'version = "v2"\nmodel_name = "new"')
    begin, end = wanted.index("# The candidate"), wanted.index("# Finance")
    assert file.read_text() == wanted[:begin] + wanted[end:]


def test_a_file_is_written_where_its_link_points_with_the_rights_it_had(
    run: Run, services: Services, tmp_path: Path
) -> None:
    """The link stays one."""
    say(services, SERVING)
    services.configs["churn-config"].pop("ShadowProductionVariants")
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text(FILE)
    real.chmod(0o600)
    link.symlink_to(real)
    assert run("fold", "churn", "--write", link).exit_code == 0
    assert (link.is_symlink(), real.read_text(), real.stat().st_mode & 0o777) == (True, FOLDED, 0o600)


@pytest.mark.usefixtures("promoted")
def test_a_file_that_is_protected_or_has_other_names_is_left_alone(run: Run, file: Path) -> None:
    """What takes its place would take that away without a word; one line says what to do."""
    before = file.stat()
    file.chmod(0o444)
    done = run("fold", "churn", "--write", file)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "is read-only and stays as it is; make it writable" in done.stderr
    file.chmod(0o644)
    other = file.with_name("other.toml")
    other.hardlink_to(file)
    done = run("fold", "churn", "--write", file)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "2 names (hard links)" in done.stderr
    assert (file.stat().st_ino, file.read_text(), [*file.parent.glob(".*")]) == (before.st_ino, FILE, [])
    other.unlink()
    assert run("fold", "churn", "--write", file).exit_code == 0
