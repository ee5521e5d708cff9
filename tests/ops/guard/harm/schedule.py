"""One schedule: what people and services do to an account, drawn from a seed, and what the outsider finds wrong."""

from __future__ import annotations

import copy
import datetime
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from shadow_ops.aws import giving_reasons
from shadow_ops.contract.reasons import PURPOSES, Reason
from shadow_ops.contract.scaled import tracked
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.harm.account import RIGHTS_BACK, Account, Faults, Result, Stack
from tests.ops.guard.harm.code import THEIRS, TYPES, VERSIONS, Code, Part, a_code, a_scaling, made_anew
from tests.ops.guard.harm.outsider import Outsider, View
from tests.ops.guard.stack import INVOCATIONS, tracking
from tests.ops.guard.world import ENDPOINT

_OURS = "arn:aws:cloudformation:eu-west-1:123456789012:stack/churn/1"
_OTHER = "arn:aws:cloudformation:eu-west-1:123456789012:stack/promotion/2"
_READS = ("describe_stacks", "list_stack_resources", "get_parameter", "describe_endpoint", "describe_scaling_policies")
_WRITES = (
    *("deregister_scalable_target", "register_scalable_target", "put_scaling_policy", "delete_scaling_policy"),
    *("put_scheduled_action", "delete_scheduled_action"),
)
_MORE = (
    *("describe_alarms", "get_parameters_by_path", "put_parameter", "describe_endpoint_config", "delete_parameters"),
    *("describe_scalable_targets", "describe_scheduled_actions", "get_parameter_history"),
)
# Without these what was done can't be written down, or what was written can't be read.
_RECORDS = {"put_parameter", "get_parameter", "get_parameters_by_path"}
_DENIABLE = (*_READS, *_MORE, *_WRITES, "update_endpoint_weights_and_capacities")
_KINDS = (
    *("none", "none", "none", "kill", "silent", "last", "cancel", "leave", "long", "busy"),
    *("denied", "refused", "damaged", "copies", "throttled", "several", "alarm", "slow", "lost"),
    *("deaf", "back", "skip"),
)
# What a deployment without a fault may be refused for.
_MEANT = (
    *("rollback=", "override_gate", "under its new name", "isn't what is being tested", "no shadow test"),
    *("which the code doesn't declare", "the guard is new on", "and at the same time bring"),
)


@dataclass
class Report:
    """What a schedule came to.

    Attributes:
        seed: Gives the same schedule again.
        violations: What was wrong.
        happened: How often what happened.
        calls: How many calls the guard made.
    """

    seed: int
    violations: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    calls: int = 0


def run(seed: int) -> Report:
    """Run the schedule of a seed."""
    made = _Schedule(seed)
    made.run()
    made.report.violations += made.outsider.violations
    made.report.calls = made.account.calls
    return made.report


def faults(dice: random.Random) -> Faults:
    """What goes wrong in a deployment; often nothing."""
    kind = dice.choice(_KINDS)
    made = Faults(copies=0.5 if dice.random() < 0.3 else 0.0, events=0.5 if dice.random() < 0.3 else 0.0)
    picked = [kind] if kind != "several" else [dice.choice(("kill", "silent", "last", "long", "cancel", "denied"))] * 1
    if kind == "several":
        picked.append(dice.choice(("kill", "last", "busy", "damaged", "throttled", "lost")))
    for one in picked:
        if one == "kill":
            made.kill = (dice.randint(0, 3), dice.randint(1, 45), dice.random() < 0.5)
        elif one == "silent":
            made.silent = dice.random() < 0.5
        elif one == "last":
            made.fails_last = True
        elif one == "cancel":
            made.cancel = True
        elif one == "leave":
            made.no_rollback, made.fails_last = True, dice.random() < 0.5
            made.silent = None if made.fails_last else False
        elif one == "long":
            made.seconds = dice.choice((900, 3000, 9000))
            made.cancel = dice.random() < 0.6
        elif one == "busy":
            made.busy = dice.choice((60, 1500, 4000))
        elif one == "denied":
            made.denied, made.fails_last = tuple(dice.sample(_DENIABLE, dice.randint(1, 3))), True
        elif one == "refused":
            made.refused = (dice.choice(_DENIABLE),)
        elif one == "damaged":
            made.damaged, made.fails_last = True, True
        elif one == "alarm":
            made.alarm, made.fails_last = dice.choice((100, 400, 2000)), dice.random() < 0.5
        elif one == "throttled":
            made.throttled = dice.choice((*range(1, 7), 14))
        elif one == "lost":
            made.lost = dice.choice((0.03, 0.2))
        elif one == "deaf":
            made.deaf, made.fails_last = tuple(dice.sample(_DENIABLE, dice.randint(1, 3))), True
            made.kill = (dice.randint(0, 3), dice.randint(1, 45), dice.random() < 0.5)
        elif one in ("back", "skip"):
            made.fails_last, made.back, made.skip = True, dice.choice(("noticed", "silent")), one == "skip"
        elif one == "slow":
            made.slow = (dice.randint(0, 1), dice.randint(1, 45))
    return made


class _Schedule:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.report = Report(seed)
        self.account = Account(self.dice, lambda *seen: self.outsider.look(*seen))
        self.world = self.account.world
        self.outsider = Outsider(self.world)
        self.stack = Stack(_OURS)
        self.forgot = False
        self.tried_config = ""
        # A config that people made and serve, and what the code asked for before a deployment.
        self.theirs: str | None = None
        self.asked_before = ""
        self.number = 0
        self.endpoint = ENDPOINT
        # What there was before failures that were left without a rollback.
        self.stood: View | None = None

    def run(self) -> None:
        """Draw and do one thing after the other."""
        if self.dice.random() < 0.15:
            self._somebody_elses()
        self._create()
        for _ in range(self.dice.randint(2, 7)):
            if self.outsider.violations or self.stack.code is None:
                return
            what = self.dice.choices(
                (
                    *("deploy", "promote", "by hand", "scale", "other", "gone", "move", "go back", "delete", "toggle"),
                    "their config",
                ),
                (50, 22, 14, 12, 6, 2, 4, 8, 3, 5, 8),
            )[0]
            if not self.stack.code.guarded and what not in ("by hand", "scale", "their config"):
                what = "toggle"
            self.report.happened[what] += 1
            if self.dice.random() < 0.25:
                self._write_reason()
            getattr(self, f"_{what.replace(' ', '_')}")()
            self.account.deliver_strays()
            self._serves()

    def _create(self) -> None:
        """The first creation; if it fails it leaves nothing, and another one goes through."""
        code = a_code(self.dice)
        wrong = faults(self.dice) if self.dice.random() < 0.3 else Faults()
        self._begin(wrong, code)
        result = self.account.create(self.stack, code)
        self.account.end()
        if not result.ok:
            self.report.happened["failed creation"] += 1
            if wrong == Faults(copies=wrong.copies, events=wrong.events):
                self.outsider.wrong(f"the first creation failed: {result.reason}")
            left = self.outsider.view(self.endpoint)
            if left.config is not None or left.scaling:
                self.outsider.wrong(f"a failed creation left {left}")
            if left.standing:
                self.outsider.wrong(f"a failed creation is in the history: {left.standing}")
            self.outsider.violations += [one for one in self.account.unanswered if "Delete failed" in one]
            self.account.strays.clear()
            self._mend()
            self._begin(Faults(), code)
            result = self.account.create(self.stack, code)
            if not result.ok:
                self.outsider.wrong(f"a creation after a failed one failed: {result.reason}")

    def _somebody_elses(self) -> None:
        """An endpoint of the console's; a stack of its name is refused, and nothing of it changes."""
        self.report.happened["console"] += 1
        code = a_code(self.dice)
        config = self.world.make_config("console", code.variants())
        self.world.create_endpoint(config, ENDPOINT, None)
        self._register(self.endpoint, code.production[0].name, 2, 20)
        before = self.outsider.view(self.endpoint)
        self._begin(faults(self.dice), code)
        result = self.account.create(Stack(f"{_OURS}0"), a_code(self.dice))
        self.account.end()
        if result.ok:
            self.outsider.wrong("an endpoint of somebody else's was taken over")
        if self.outsider.view(self.endpoint) != before:
            self.outsider.wrong("an endpoint of somebody else's was touched")
        self.world.delete_endpoint(self.endpoint)

    def _other(self) -> None:
        """Another stack with the same endpoint name, such as a promotion with a stack name of its own."""
        before, code = self.outsider.view(self.endpoint), self.stack.code
        assert code is not None
        asked = replace(code.promoted(), override="now") if code.shadow is not None else a_code(self.dice, code)
        self._begin(faults(self.dice), asked)
        result = self.account.create(Stack(_OTHER), asked)
        self.account.end()
        if result.ok or self.outsider.view(self.endpoint) != before:
            self.outsider.wrong("another stack touched the endpoint")

    def _deploy(self) -> None:
        code = self.stack.code
        assert code is not None
        self._update(a_code(self.dice, code), faults(self.dice))

    def _promote(self) -> None:
        code = self.stack.code
        assert code is not None
        if code.shadow is None:
            return self._deploy()
        asked = code.promoted()
        if self.dice.random() < 0.2:
            asked = replace(asked, override="the sale starts today")
        if self.dice.random() < 0.2:
            # The shadow's model beside production, under a name of its own.
            beside = replace(code.shadow, name="second")
            asked = replace(asked, production=(code.production[0], beside), promotion=False)
        elif self.dice.random() < 0.2:
            # The shadow's model, or only its hardware, as production by hand, beside another shadow.
            first = replace(asked.production[0], instance_type=code.shadow.instance_type, ami=code.shadow.ami)
            other = replace(code.shadow, version=self.dice.choice(VERSIONS), instance_type=self.dice.choice(TYPES))
            asked = replace(asked, production=(first,), shadow=other, promotion=False)
        if not asked.promotion and self.dice.random() < 0.5:
            asked = made_anew(self.dice, asked)
        return self._update(asked, faults(self.dice))

    def _update(self, code: Code, wrong: Faults) -> None:
        old, found, outsider = self.stack.code, self.outsider.view(self.endpoint), self.outsider
        assert old is not None
        believed = self.stack.tried
        before = self.stood if believed is not None and self.stood is not None else found
        self.stood = before
        self._begin(wrong, code)
        self.account.outcome = outsider.outcome = self.dice.choice((Outcome.PASS, Outcome.PASS, *Outcome))
        self.account.scaled_by_itself = 0.03 if self.dice.random() < 0.3 else 0.0
        result = self.account.update(self.stack, code)
        self.tried_config = self.account.tried_config
        self.account.scaled_by_itself = 0.0
        self.account.end()
        self.account.settle(self.stack)
        self.world.settle(self.endpoint)
        self._mend()
        if wrong.denied or wrong.refused or wrong.deaf:
            # Once the rights are back, the next event, or an hour's look, puts right what could not be done.
            self.account.look_after(self.stack)
        self.report.happened["ok" if result.ok else "failed"] += 1
        if self.account.skipped:
            # What failed without a rollback before it may have ended scaling.
            self._passed_over(code, found)
            return
        for said in self.account.unanswered:
            if "Delete failed" in said or "was deleted" in said:
                outsider.wrong(said)
        if _RECORDS & {*wrong.denied, *wrong.refused} or wrong.damaged:
            # What the guard answered for a config may be forgotten, and with it whether the endpoint is to be touched.
            self.forgot = True
        if self.stack.tried is not None:
            return
        if believed is not None:
            # Failures without a rollback left something in between.
            if result.ok:
                self._success(code)
            else:
                self._back_over_several(before, result, wrong)
            return
        if result.ok:
            self._success(code)
            self._scaling(old, code, before, wrong)
            self._told(old, code, before)
        else:
            self._failure(before, result, wrong)

    def _passed_over(self, code: Code, before: View) -> None:
        """People continued a rollback past the endpoint: what serves scales, and they make its config again."""
        self.report.happened["passed over"] += 1
        live, old = self.world.endpoints[self.endpoint], self.stack.code
        assert old is not None
        now, names = self.outsider.view(self.endpoint).scaling, {*before.scaling} & {*live.counts}
        left = sorted(name for name in names if code.declared(name) and name not in now)
        if left:
            self.outsider.wrong(f"past the endpoint, {left} stopped to scale")
        if live.config not in self.world.configs:
            self.report.happened["its config gone"] += 1
            self.world.configs[live.config] = self.account.deleted[live.config]
        first = replace(old.production[0], count=old.production[0].count + 1)
        asked = replace(old, production=(first, *old.production[1:]), rollback="it is slow", override="it is slow")
        self._begin(Faults(), asked)
        result = self.account.update(self.stack, asked)
        if result.ok:
            self._success(asked)
        elif not any(one in result.reason for one in _MEANT):
            self.outsider.wrong(f"past the endpoint, the next deployment is refused: {result.reason}")
        self.stack.code = None

    def _success(self, code: Code) -> None:
        """Success means that what was asked for serves."""
        live = self.world.endpoints.get(self.endpoint)
        left = live is not None and live.config == self.theirs and self.stack.config == self.asked_before
        if live is None or (live.config != self.stack.config and not left):
            self.outsider.wrong(f"success, but {live and live.config} serves instead of {self.stack.config}")
            return
        models = [self.world.models.get(one["ModelName"]) for one in self.world.configs[live.config][0]]
        if models != [f"model-{one.version}" for one in code.production]:
            self.outsider.wrong(f"success, but {models} serve")

    def _failure(self, before: View, result: Result, wrong: Faults) -> None:
        """A deployment that failed leaves everything as it was."""
        outsider, now = self.outsider, self.outsider.view(self.endpoint)
        if len(self.account.unanswered) >= RIGHTS_BACK:
            self.report.happened["left to people"] += 1
            if not self._for_people(wrong):
                outsider.wrong(f"a rollback waits for people: {self.account.unanswered[-1]}")
        if result.stuck:
            # Where SageMaker took even the way back back, people must look; nothing else may hold a rollback up.
            outsider.wrong(f"the rollback stays stuck: {self.account.unanswered[-1]}")
            return
        if now.config not in (before.config, self.stack.config if before.config == self.theirs else None):
            outsider.wrong(f"after a rollback {now.config} serves instead of {before.config}")
        if not self._same_history(before, now, wrong):
            outsider.wrong(f"after a rollback the history has {now.standing} instead of {before.standing}")
        if wrong.damaged or wrong.denied:
            # What can't be read can't be restored exactly; but nothing that scaled may stop to.
            old = outsider.old
            there = {name for name in before.scaling if not wrong.damaged or (old is not None and old.declared(name))}
            # Where the records are damaged, and may not be read either, nobody can know; where no scaling can be put
            # back, and that can't be written down either, nobody can do it later.
            without = {*wrong.denied, *wrong.refused}
            blind = wrong.damaged and "get_parameters_by_path" in without
            # Of a deployment that left the config as it was, nothing else tells that it was rolled back.
            untold = wrong.damaged or before.config == self.tried_config
            forgets = (untold and "put_parameter" in without) or "get_parameter" in without
            mute = "register_scalable_target" in without and forgets
            if not there <= set(now.scaling) and not (blind or mute):
                outsider.wrong(f"after a rollback {sorted(now.scaling)} scale instead of {sorted(before.scaling)}")
        elif now.scaling != before.scaling and not self._as_declared(before, now):
            outsider.wrong(f"after a rollback scaling is {now.scaling} instead of {before.scaling}")
        for name, count in before.counts.items():
            most = now.scaling.get(name, {"max": count})["max"]
            lowest = outsider.lowest.get((self.endpoint, name), count)
            if now.counts.get(name, 0) < min(count, lowest, most) and not (wrong.damaged or wrong.denied):
                outsider.wrong(f"after a rollback {name} has {now.counts.get(name)} instead of {count}")
        unknown = ("the config is the one that serves", "was answered for")
        same = self.forgot and any(one in result.reason for one in unknown)
        if wrong == Faults(copies=wrong.copies) and not same and not any(one in result.reason for one in _MEANT):
            outsider.wrong(f"refused without a fault: {result.reason}")

    def _back_over_several(self, before: View, result: Result, wrong: Faults) -> None:
        """Back over several failures that were left: config and history as before them, and what scaled does again."""
        now, code = self.outsider.view(self.endpoint), self.stack.code
        assert code is not None
        if result.stuck:
            self.outsider.wrong(f"the rollback stays stuck: {self.account.unanswered[-1]}")
            return
        if now.config not in (self.stack.config, self.theirs):
            self.outsider.wrong(f"back over several failures {now.config} serves instead of {self.stack.config}")
        if not self._same_history(before, now, wrong):
            self.outsider.wrong(f"back over several, the history has {now.standing} instead of {before.standing}")
        ours = {name for name in before.scaling if code.declared(name)}
        if not ours <= set(now.scaling):
            self.outsider.wrong(f"back over several failures {sorted(now.scaling)} scale instead of {sorted(ours)}")

    def _same_history(self, before: View, now: View, wrong: Faults) -> bool:
        """Whether the history is as before; where nobody could write, later it may be truer than before."""
        without = {*wrong.denied, *wrong.refused}
        if (wrong.damaged and "put_parameter" in without) or "get_parameters_by_path" in without:
            return True
        same = set(now.standing) == set(before.standing)
        return same or (self.forgot and set(now.standing) < set(before.standing))

    def _go_back(self) -> None:
        """Somebody takes back what failures have left."""
        code = self.stack.code
        if self.stack.tried is None or code is None or self.stood is None:
            return
        wrong = Faults(copies=0.3 if self.dice.random() < 0.3 else 0.0)
        if self.dice.random() < 0.4:
            wrong.denied = (self.dice.choice(_DENIABLE),)
        self._begin(wrong, code)
        result = self.account.go_back(self.stack)
        self.account.end()
        self.account._event(self.stack)
        self.forgot = self.forgot or bool(_RECORDS & set(wrong.denied))
        self._back_over_several(self.stood, result, wrong)

    def _move(self) -> None:
        """The endpoint gets another name, so CloudFormation makes another; if that fails the old one is as it was."""
        code, before = self.stack.code, self.outsider.view(self.endpoint)
        assert code is not None
        if self.stack.tried is not None:
            return
        asked = replace(code, endpoint="churn" if self.endpoint != "churn" else "leavers", promotion=False)
        asked = replace(asked, override=None, rollback=None)
        if self.dice.random() < 0.4:
            first = replace(code.production[0], version=(code.shadow or code.production[0]).version)
            kinds = TYPES if code.shadow is None else (code.shadow.instance_type,)
            first = replace(first, instance_type=self.dice.choice(kinds))
            asked = replace(asked, production=(first, *code.production[1:]))
        wrong = faults(self.dice)
        wrong = replace(wrong, no_rollback=False, busy=0, silent=None, slow=None)
        self._begin(wrong, asked)
        self.account.outcome = self.outsider.outcome = Outcome.FAIL
        result = self.account.update(self.stack, asked)
        self.account.end()
        self._mend()
        if wrong.denied or wrong.refused:
            self.account._event(self.stack)
        if result.ok:
            if {one.version for one in asked.production} != {one.version for one in code.production}:
                self.outsider.wrong("another model came with another name")
            old, self.endpoint = self.endpoint, asked.endpoint
            if self.world.endpoints.get(old) is not None:
                self.outsider.wrong("what was replaced is still there")
            self._success(asked)
            self.outsider.replaced.clear()
            self.outsider.beside.clear()
        else:
            self._unmoved(before, asked.endpoint, wrong)

    def _toggle(self) -> None:
        """The guard goes, or comes to an endpoint that the stack has already; no rollback loses anything for that."""
        code, before = self.stack.code, self.outsider.view(self.endpoint)
        assert code is not None
        if self.stack.tried is not None:
            return
        usual = replace(code, promotion=False, override=None, rollback=None)
        asked = replace(usual, guarded=not code.guarded, scaling=())
        if asked.guarded:
            names = [one.name for one in asked.production]
            asked = replace(asked, scaling=tuple(one for name in names for one in a_scaling(self.dice, name)))
            if self.dice.random() < 0.3:
                first = replace(
                    code.production[0], instance_type=self.dice.choice(TYPES), count=self.dice.randint(1, 6)
                )
                asked = replace(asked, production=(first, *code.production[1:]))
        wrong = Faults(copies=0.5 if self.dice.random() < 0.3 else 0.0, fails_last=self.dice.random() < 0.4)
        if asked.guarded:
            wrong.silent = self.dice.choice((None, None, False))
        wrong.throttled = self.dice.choice((0, 0, 2, 14))
        self._begin(wrong, asked)
        result = self.account.update(self.stack, asked)
        self.account.end()
        self.report.happened["toggled" if result.ok else "not toggled"] += 1
        if result.ok:
            self._success(asked)
            self._scaling(code, asked, before, wrong)
        elif asked.guarded:
            self._failure(before, result, wrong)
        else:
            # Nobody of ours is asked while CloudFormation takes the guard out, and nothing of ours acts.
            now = self.outsider.view(self.endpoint)
            if before.config == self.theirs:
                # CloudFormation goes back to the config that it knows.
                before = replace(before, config=now.config)
            if (now.config, now.scaling, now.standing) != (before.config, before.scaling, before.standing):
                self.outsider.wrong(f"a guard that didn't go changed {before} to {now}")

    def _unmoved(self, before: View, new: str, wrong: Faults) -> None:
        now = self.outsider.view(self.endpoint)
        if (now.config, now.counts, now.standing) != (before.config, before.counts, before.standing):
            self.outsider.wrong(f"a failed move changed the endpoint from {before} to {now}")
        if now.scaling != before.scaling and not (wrong.denied or wrong.damaged):
            self.outsider.wrong(f"a failed move left scaling {now.scaling} instead of {before.scaling}")
        if self.world.endpoints.get(new) is not None or self.world.scaling.get(new):
            self.outsider.wrong(f"a failed move left {new}")

    def _for_people(self, wrong: Faults) -> bool:
        """Whether rights are missing without which nobody could do better: then it is left to people."""
        said = self.account.unanswered[-1]
        without = {*wrong.denied, *wrong.refused}
        if "out of the way" in said or "in the update's way" in said:
            # Scaling can't be looked at, recorded or taken away, and SageMaker would refuse the update.
            return bool(without)
        blind = {"describe_endpoint", "describe_endpoint_config", "get_parameter"} & without
        # A rollback can't be told from a promotion past the gate.
        return "describe_stacks" in said and ("describe_stacks" in without) and (bool(blind) or wrong.damaged)

    def _as_declared(self, before: View, now: View) -> bool:
        """Whether all that scales differently is declared, and somebody had stopped it: it is as the code says."""
        code, names = self.stack.code, {*before.scaling, *now.scaling}
        assert code is not None
        other = [name for name in names if now.scaling.get(name) != before.scaling.get(name)]
        return all(name not in before.scaling and code.declared(name) is not None for name in other)

    def _mend(self) -> None:
        """People delete records that nobody can read, as they are told to; a mark of use says enough as it is."""
        for name in [name for name in self.world.parameters if name.startswith("/shadow-test/")]:
            if name.endswith(".used"):
                continue
            if self.world.parameters[name][-1] in ("{damaged", '{"stack": 1}'):
                del self.world.parameters[name]
                self.forgot = True

    def _scaling(self, old: Code, code: Code, before: View, wrong: Faults) -> None:
        """Scaling at the end is as declared, or as people left it."""
        if wrong.damaged:
            return
        now = self.outsider.view(self.endpoint).scaling
        names = [one.name for one in code.production] + ([code.shadow.name] if code.shadow else [])
        wanted = {}
        for name in names:
            there = old.count(name) is not None
            one = _expected(
                before.scaling.get(name) if there else None, old.declared(name) if there else None, code.declared(name)
            )
            if before.scaling.get(name) is None and there and old.declared(name) == code.declared(name) is not None:
                # Somebody had stopped it: it stays as people left it, or is again as the code says.
                one = one if name in now else None
            if one is not None:
                wanted[name] = one
        if now != wanted:
            self.outsider.wrong(f"scaling is {now} instead of {wanted}")
        coming = [one.name for one in code.production if old.count(one.name) is None]
        said = [one for one in map(code.declared, coming) if one is not None]
        for gone in (one.name for one in old.production if coming and code.count(one.name) is None):
            was, formerly = before.scaling.get(gone), old.declared(gone)
            known = [one["PolicyName"] for declared in (formerly, *said) if declared for one in declared["policies"]]
            if was is not None and (not {*was["policies"]} <= {*known} or not (formerly or said)):
                self.outsider.wrong(f"what people had {gone} scale by is gone with its name: {was}")

    def _told(self, old: Code, code: Code, before: View) -> None:
        """The history tells what happened."""
        outsider = self.outsider
        new = [one for one in outsider.entries(self.endpoint) if one.id not in before.standing and one.undone is None]
        was, models = (
            {f"model-{one.version}" for one in old.production},
            {f"model-{one.version}" for one in code.production},
        )
        candidate = None if old.shadow is None else f"model-{old.shadow.version}"
        came, gone, made = models - was, was - models, self.world.made
        for one in new:
            for version, model in ((one.to_version, one.to_model), (one.from_version or "", one.from_model)):
                if version and made[model or ""] != f"model-{version}" and version != model:
                    outsider.wrong(f"the history calls {model} {version}")
        back = came & outsider.replaced or {one for one in gone if outsider.beside.get(one, set()) & was & models}
        if candidate in came:
            if [(one.kind, made[one.to_model or ""]) for one in new] != [("promotion", candidate)]:
                outsider.wrong(f"the promotion of {candidate} is in the history as {new}")
            outsider.replaced |= was
            if was <= models:
                outsider.beside[str(candidate)] = was
        elif back:
            if [one.kind for one in new] != ["rollback"]:
                outsider.wrong(f"the way back from {was} to {models} is in the history as {new}")
            taken_back = {one.id for one in outsider.entries(self.endpoint) if one.kind == "promotion"}
            if code.rollback is None and not outsider.has_reason("rollback", str(before.config), taken_back):
                outsider.wrong(f"{was} became {models} without a reason")
        elif any(one.kind == "promotion" for one in new) and candidate not in models:
            outsider.wrong(f"the history tells of a promotion that was none: {new}")
        outsider.replaced -= models
        outsider.beside = {one: those for one, those in outsider.beside.items() if one in models and those & models}

    def _by_hand(self) -> None:
        """People change scaling or counts."""
        live = self.world.endpoints.get(self.endpoint)
        if live is None:
            return
        name = self.dice.choice(list(live.counts))
        if self.dice.random() < 0.15:
            # Somebody deletes a record; what it says is said elsewhere as well.
            name = self.dice.choice(("state", "state", "pending"))
            if self.stack.tried is None:
                self.world.parameters.pop(f"/shadow-test/{self.endpoint}/{name}", None)
                both = {f"/shadow-test/{self.endpoint}/{one}" for one in ("state", "pending")}
                self.forgot = self.forgot or not both & set(self.world.parameters)
            return
        if self.dice.random() < 0.15:
            # Somebody stops a variant's scaling.
            self.world.scaling.get(self.endpoint, {}).pop(name, None)
            return
        targets = self.world.scaling.get(self.endpoint, {})
        if name in targets or self.dice.random() < 0.3:
            self._register(self.endpoint, name, 1, self.dice.randint(6, 14))
        else:
            live.counts[name] = self.dice.randint(1, 9)

    def _their_config(self) -> None:
        """People update the endpoint to a config of their own, which asks for other counts; it may be an old one."""
        live = self.world.endpoints.get(self.endpoint)
        if live is None or live.status != "InService" or self.stack.tried is not None:
            return
        production, shadow = self.world.configs[live.config]
        mine = [one | {"InitialInstanceCount": self.dice.randint(1, 9)} for one in production]
        self.number += 1
        self.theirs = self.world.make_config(f"{THEIRS}-{self.number}", (mine, shadow))
        if self.dice.random() < 0.4:
            self.world.created[self.theirs] = self.world.created[live.config] - datetime.timedelta(days=1)
        self.world.update_endpoint(self.theirs, retain=self.dice.random() < 0.5, endpoint=self.endpoint)
        self.world.settle(self.endpoint)

    def _scale(self) -> None:
        self.account.scale_by_itself()

    def _gone(self) -> None:
        """Somebody deletes the endpoint; the next update is refused in one sentence and rolled back."""
        code = self.stack.code
        assert code is not None
        self.world.delete_endpoint(self.endpoint)
        asked = replace(code, policy="other" if code.policy != "other" else "usual")
        self._begin(Faults(), asked)
        result = self.account.update(self.stack, asked)
        if result.ok or "any more" not in result.reason or result.stuck:
            self.outsider.wrong(f"an endpoint that is gone: {result}")
        self.stack.code = None

    def _delete(self) -> None:
        """The stack goes; the endpoint may be retained, and the history stays."""
        code, before = self.stack.code, self.outsider.view(self.endpoint)
        assert code is not None
        if self.stack.tried is not None:
            return
        retain = self.dice.random() < 0.4
        wrong = faults(self.dice) if self.dice.random() < 0.4 else Faults()
        self._begin(wrong, code)
        bad = wrong.denied or wrong.refused or wrong.damaged or wrong.deaf or wrong.kill is not None

        def fails() -> None:
            """The endpoint can't be deleted: it serves, and scales as before."""
            self.report.happened["not deleted"] += 1
            self.account.settle(self.stack)
            now = self.outsider.view(self.endpoint)
            if not bad and now.scaling != before.scaling:
                self.outsider.wrong(f"an endpoint that can't be deleted has {now.scaling} instead of {before.scaling}")

        self.account.delete(self.stack, retain=retain, fails=fails if self.dice.random() < 0.3 else None)
        self.account.end()
        self._mend()
        now = self.outsider.view(self.endpoint)
        self.outsider.violations += self.account.unanswered
        if [one.id for one in self.outsider.entries(self.endpoint)] != self._ids(before):
            self.outsider.wrong("the history did not outlive the stack")
        # Proving that scaling may be registered brings a count that is out of its bounds into them.
        least = {
            name: min(count, before.scaling.get(name, {"max": count})["max"]) for name, count in before.counts.items()
        }
        fewer = [name for name, count in least.items() if now.counts.get(name, 0) < count]
        if retain and (fewer or not (bad or now.scaling == before.scaling)):
            self.outsider.wrong(f"deleting the stack left the retained endpoint with {now.counts}, {now.scaling}")
        if retain and bad and not set(before.scaling) <= set(now.scaling):
            self.outsider.wrong(f"deleting the stack left only {sorted(now.scaling)} scaling")
        if not retain and not bad and any("/history" not in name for name in now.records):
            self.outsider.wrong(f"deleting the stack left {sorted(now.records)}")
        self.stack.code = None
        if not retain and now.config is None and self.endpoint == ENDPOINT:
            self._create_again()

    def _create_again(self) -> None:
        """The same name once more: what had been promoted before is nothing that could be taken back."""
        self.report.happened["created again"] += 1
        self.account.strays.clear()
        self.world.sleep(4000)
        self.outsider.replaced.clear()
        self.outsider.beside.clear()
        self.stack, before = Stack(f"{_OURS}1"), self.outsider.entries(self.endpoint)
        code = Code((Part("production", self.dice.choice(VERSIONS)),))
        self._begin(Faults(), code)
        if not self.account.create(self.stack, code).ok:
            self.outsider.wrong("a creation after a deletion failed")
        for version in self.dice.sample(VERSIONS, 2):
            asked = replace(code, production=(replace(code.production[0], version=version),))
            result = self.account.update(self.stack, asked)
            if not result.ok:
                self.outsider.wrong(f"what is new is asked about what was: {result.reason}")
        self.account.end()
        if self.outsider.entries(self.endpoint) != before:
            self.outsider.wrong("what is new is told of by what was")
        self.stack.code = None

    def _ids(self, before: View) -> list[str]:
        return [
            one.id
            for one in self.outsider.entries(self.endpoint)
            if one.id in before.standing or one.undone is not None
        ]

    def _serves(self) -> None:
        """Production always serves."""
        live = self.world.endpoints.get(self.endpoint)
        if live is None:
            if self.stack.code is not None:
                self.outsider.wrong("the endpoint is gone")
            return
        self.world.settle()
        if live.config not in self.world.configs and self.stack.code is not None:
            self.outsider.wrong(f"the config {live.config} that serves is gone")
        elif self.stack.code is not None and any(count < 1 for count in live.counts.values()):
            self.outsider.wrong(f"a variant has no instance: {live.counts}")

    def _write_reason(self) -> None:
        """Somebody puts a reason on record: for what is there, or for what isn't any more; in time, or not."""
        live, dice = self.world.endpoints.get(self.endpoint), self.dice
        if live is None or live.config not in self.world.configs:
            return
        shadow = self.world.configs[live.config][1]
        candidate = shadow[0]["ModelName"] if shadow else "model-v9"
        promotions = [one.id for one in self.outsider.entries(self.endpoint) if one.kind == "promotion"]
        purpose = dice.choice(PURPOSES)
        subject = candidate if purpose == "promotion" else dice.choice(promotions or ["none"])
        self.number += 1
        reason = Reason(
            id=f"reason-{self.number}",
            purpose=purpose,
            text="the sale starts today",
            by=f"person-{self.number}",
            at=self.world.now,
            expires=self.world.now + datetime.timedelta(days=dice.choice((-1, 30, 30))),
            config=live.config if dice.random() < 0.8 else "config-0",
            subject=subject if dice.random() < 0.8 else "model-v8",
            version="v2",
        )
        giving_reasons.put(self.world, self.endpoint, reason)

    def _begin(self, wrong: Faults, code: Code) -> None:
        self.outsider.see_reasons(self.endpoint)
        self.account.begin(replace(wrong))
        self.outsider.lowest.clear()
        self.outsider.old = self.stack.code if self.stack.tried is None else self.stack.tried[0]
        self.outsider.counts = dict(self.outsider.view(self.endpoint).counts)
        self.outsider.scaled = set(self.outsider.view(self.endpoint).scaling)
        self.asked_before = self.stack.config
        del code

    def _register(self, endpoint: str, name: str, low: int, high: int) -> None:
        targets = self.world.scaling.setdefault(endpoint, {})
        usual = {"min": low, "max": high, "policies": {}, "schedules": {}, "suspended": dict(_SUSPENDED)}
        target: dict[str, Any] = targets.setdefault(name, usual)
        target |= {"min": low, "max": high}
        metric = INVOCATIONS if self.dice.random() < 0.2 and not target["policies"] else None
        target["policies"]["mine"] = {**tracking("mine", 7.0, metric), "PolicyARN": "arn:policy/mine", "Alarms": []}
        target["suspended"]["DynamicScalingInSuspended"] = self.dice.random() < 0.3
        live = self.world.endpoints[endpoint]
        live.counts[name] = min(max(live.counts[name], low), high)


_SUSPENDED = dict.fromkeys(
    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
)


def _expected(before: Any, formerly: Any, declared: Any) -> Any:  # noqa: ANN401 - JSON
    """How a variant must scale after a deployment, told independently of the guard's code."""
    if before is not None and declared == formerly:
        return before
    if before is None and declared is None:
        return None
    usual: dict[str, Any] = {"suspended": dict(_SUSPENDED), "policies": {}, "schedules": {}}
    target: dict[str, Any] = copy.deepcopy(before) or usual
    for one in formerly["policies"] if formerly else ():
        target["policies"].pop(one["PolicyName"], None)
    for one in formerly["schedules"] if formerly else ():
        target["schedules"].pop(one["ScheduledActionName"], None)
    if declared is None:
        return target if formerly is None or target["policies"] or target["schedules"] else None
    target |= {"min": declared["min"], "max": declared["max"]}
    ours = {one["PolicyName"]: one for one in declared["policies"]}
    followed = [tracked(one) for one in ours.values()]
    target["policies"] = {name: one for name, one in target["policies"].items() if tracked(one) not in followed} | ours
    target["schedules"] |= {one["ScheduledActionName"]: one for one in declared["schedules"]}
    return target
