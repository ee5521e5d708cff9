"""``shadow-test override``: a reason on record, for one candidate or one promotion, listed and withdrawn."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import pytest

from shadow_ops.aws import reasons
from shadow_ops.aws.parameters import DamagedRecordError
from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.reasons import Reason
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import CALLER, DECLARED, NOW, Services
from tests.ops.cli.test_status import BACK, ENTRY

WHY = "the sale starts today"
PATH = "/shadow-test/churn/reasons"
PROMOTED = {**ENTRY, "to_model": "model-of-production"}


def on_record(services: Services) -> tuple[Reason, ...]:
    """What lies there."""
    return reasons.on_record(services.client("ssm"), "churn")


def used(services: Services) -> None:
    """Have a deployment take what is on record."""
    for one in on_record(services):
        reasons.use(services.client("ssm"), "churn", one.id, "request")


def test_a_reason_is_bound_to_what_is_tested_and_names_who_wrote_it(run: Run, services: Services) -> None:
    """This shadow's model beside this production, for a day."""
    done = run("override", "churn", "--reason", WHY)

    assert done.exit_code == 0, done.output
    (made,) = on_record(services)
    assert (made.purpose, made.text, made.by, made.used) == ("promotion", WHY, CALLER, None)
    assert (made.config, made.subject, made.version) == ("churn-config", "model-of-shadow", "v2")
    assert (made.at, made.expires) == (NOW, NOW + datetime.timedelta(hours=24))
    assert "v2 may be promoted, whatever the gate says, once" in done.stderr


def test_a_reason_to_roll_back_is_bound_to_the_promotion_that_stands(run: Run, services: Services) -> None:
    """Another promotion isn't taken back by it."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps(PROMOTED)]
    done = run("override", "churn", "--for", "rollback", "--reason", "complaints", "--expires", "2h")

    assert done.exit_code == 0, done.output
    (made,) = on_record(services)
    assert (made.purpose, made.subject, made.version) == ("rollback", "one", "v0")
    assert made.expires == NOW + datetime.timedelta(hours=2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["churn", "--reason", " "], 2, "'--reason' must be a sentence that says why"),
        (["churn", "--reason", "x" * 501], 2, "of at most 500 characters"),
        (["churn", "--reason", "{{resolve:ssm:x}}"], 2, "a sentence without {{"),
        (["churn", "--reason", "the sale\nstarts"], 2, "'--reason' must be one line of plain text"),
        (["churn", "--reason", WHY, "--expires", "61d"], 2, "'--expires' must be from 1m to 60d, got '61d'"),
        (["churn", "--reason", WHY, "--expires", "60.000001d"], 2, "from 1m to 60d, got '60.000001d'"),
        (["churn", "--reason", WHY, "--expires", "0.4s"], 2, "from 1m to 60d, got '0.4s'"),
        (["churn", "--reason", WHY, "--expires", "59.999999s"], 2, "from 1m to 60d, got '59.999999s'"),
        (["churn", "--reason", WHY, "--expires", "0m"], 2, "from 1m to 60d, got '0s'"),
        (["churn", "--reason", WHY, "--expires", "999999999.999999d"], 2, "from 1m to 60d, got '1000000000d'"),
        (["churn", "--reason", WHY, "--withdraw"], 2, "exclude each other"),
        (["churn", "--expires", "2h"], 2, "--expires belongs to a reason; give one with --reason TEXT"),
        (["churn", "--for", "rollback"], 2, "--for belongs to a reason"),
        (["churn", "--withdraw", "--expires", "2h"], 2, "--expires belongs to a reason"),
        (["nowhere", "--reason", WHY], 1, "there is no endpoint 'nowhere'"),
        (["churn", "--for", "rollback", "--reason", WHY], 1, "no promotion stands on churn that could be rolled back"),
        (["churn", "--withdraw"], 1, "no reason for a promotion is on record"),
    ],
)
def test_what_it_cannot_be_for_is_refused(
    run: Run, services: Services, arguments: list[str], code: int, said: str
) -> None:
    """One line, and nothing is written."""
    before = {name: list(values) for name, values in services.parameters.items()}
    done = run("override", *arguments)

    assert done.exit_code == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert services.parameters == before


def test_where_nothing_is_tested_or_nobody_asks_no_reason_is_written(run: Run, services: Services) -> None:
    """Without a shadow, with a promotion that was taken back, and without a guard."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps(PROMOTED), json.dumps(BACK)]
    assert "no promotion stands" in run("override", "churn", "--for", "rollback", "--reason", WHY).stderr
    earlier = {**PROMOTED, "id": "earlier", "from_version": "v8", "to_version": "v0", "to_model": "zero"}
    services.parameters["/shadow-test/churn/history"].insert(0, json.dumps(earlier))
    assert run("override", "churn", "--for", "rollback", "--reason", WHY).exit_code == 0
    assert [one.subject for one in on_record(services)] == ["earlier"]
    services.parameters = {name: one for name, one in services.parameters.items() if "/reasons/" not in name}
    services.settle(replace(DECLARED, guard_off="a demo"))
    assert "has no guard (Guard.off)" in run("override", "churn", "--reason", WHY).stderr
    services.parameters[settings_name("churn")] = [to_text(DECLARED)]
    services.configs["churn-config"]["ShadowProductionVariants"] = []
    assert "no shadow test is running on churn" in run("override", "churn", "--reason", WHY).stderr
    services.parameters.pop(settings_name("churn"))
    assert "churn was not deployed by this library" in run("override", "churn", "--reason", WHY).stderr
    assert on_record(services) == ()


def test_what_is_on_record_is_shown_and_can_be_withdrawn(run: Run, services: Services) -> None:
    """Once; what was used stays, as used."""
    assert "no reason is on record" in run("override", "churn").stderr
    run("override", "churn", "--reason", WHY)
    shown = run("override", "churn").stdout
    assert all(one in shown for one in ("open", CALLER, WHY, "v2"))

    done = run("override", "churn", "--withdraw")
    assert (done.exit_code, on_record(services)) == (0, ())

    run("override", "churn", "--reason", WHY)
    used(services)
    assert "used" in run("override", "churn").stdout
    done = run("override", "churn", "--withdraw")
    assert done.exit_code == 1
    assert "has been used, there is nothing to withdraw" in done.stderr
    assert len(on_record(services)) == 1


@pytest.mark.parametrize("damaged", ["{damaged", "[]", "", '{"format": 1}', '{"format": 99}'])
def test_a_damaged_reason_is_named_and_blocks_no_other(run: Run, services: Services, damaged: str) -> None:
    """With its parameter, in one line; others are written, shown and withdrawn beside it, and it stays as it is."""
    services.parameters[f"{PATH}/one"] = [damaged]

    def named(*arguments: str) -> tuple[str, str]:
        done = run("override", "churn", *arguments)
        *before, last = done.stderr.splitlines()
        assert done.exit_code == 1
        assert all(one in last for one in (f"{PATH}/one", "then delete it", "the guard takes none"))
        return done.stdout, "".join(before)

    assert named() == ("", "no reason is on record for churn")
    assert "on record by" in named("--reason", WHY)[1]
    assert WHY in named()[0]
    assert WHY in json.loads(named("--format", "json")[0])[0]["text"]
    assert "is withdrawn" in named("--withdraw")[1]
    with pytest.raises(DamagedRecordError, match=f"{PATH}/one"):
        on_record(services)
    assert [name for name in services.parameters if name.startswith(PATH)] == [f"{PATH}/one"]


def test_the_history_says_whose_reason_it_was(run: Run, services: Services) -> None:
    """Behind the reason."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps({**BACK, "reason_by": CALLER})]
    assert f"too bold (on record by {CALLER})" in run("history", "churn").stdout
