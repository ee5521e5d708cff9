"""Whoever looks from outside: at AWS's state and at what CloudFormation says, never at what the guard believes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from shadow_ops.aws import history, reasons
from shadow_ops.contract.reasons import Reason
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.harm.code import THEIRS, Code
from tests.ops.guard.world import World

_NEW = ("PolicyARN", "Alarms")


def shape(targets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Targets without what is new after every registration: ARNs and the alarms of target tracking."""
    return {name: {what: _plain(value) for what, value in target.items()} for name, target in targets.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A copy as deep as anything changes it in place."""
    if not isinstance(value, dict):
        return value
    return {
        name: {key: told for key, told in one.items() if key not in _NEW} if isinstance(one, dict) else one
        for name, one in value.items()
    }


@dataclass
class View:
    """An endpoint at one moment."""

    config: str | None
    counts: dict[str, int]
    scaling: dict[str, Any]
    standing: list[str]
    records: dict[str, list[str]]


@dataclass
class Outsider:
    """Looks on, and notes what is wrong.

    Attributes:
        world: The services.
        violations: What was wrong.
        lowest: Per endpoint and variant, the fewest instances that scaling or people gave it in this deployment.
        replaced: Models that a promotion replaced, as seen from outside.
        beside: Models that were promoted beside what they were to replace, with that.
        reasons: What people had on record, used by nobody and in time, when the deployment began.
    """

    world: World
    violations: list[str] = field(default_factory=list)
    lowest: dict[tuple[str, str], int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    beside: dict[str, set[str]] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    _at_update: dict[str, dict[str, int]] = field(default_factory=dict)
    _in_config: dict[str, dict[str, Any]] = field(default_factory=dict)
    _before_copy: View | None = None
    old: Code | None = None
    counts: dict[str, int] = field(default_factory=dict)
    scaled: set[str] = field(default_factory=set)
    outcome: Outcome = Outcome.PASS

    def view(self, endpoint: str) -> View:
        """An endpoint now."""
        live = self.world.endpoints.get(endpoint)
        base = f"/shadow-test/{endpoint}/"
        passing = (f"{base}lock", f"{base}requests/")
        return View(
            config=None if live is None else live.config,
            counts={} if live is None else dict(live.counts),
            scaling=shape(self.world.scaling.get(endpoint, {})),
            standing=self.standing(endpoint),
            records={
                name: list(value)
                for name, value in self.world.parameters.items()
                if name.startswith(base) and not name.startswith(passing)
            },
        )

    def standing(self, endpoint: str) -> list[str]:
        """Ids of the history that nobody has taken back."""
        return [one.id for one in self.entries(endpoint) if one.undone is None]

    def entries(self, endpoint: str) -> tuple[history.Entry, ...]:
        """The history as people read it."""
        return history.history(self.world, endpoint)

    def see_reasons(self, endpoint: str) -> None:
        """Look at what counts on record, and that nothing on it was used twice."""
        known = reasons.on_record(self.world, endpoint)
        self.reasons = tuple(one for one in known if one.used is None and one.expires > self.world.now)
        used = [one.reason_by for one in self.entries(endpoint) if one.reason_by is not None]
        if len(used) != len(set(used)):
            self.wrong(f"a reason on record was used twice: {used}")

    def has_reason(self, purpose: str, config: str, subjects: Collection[str]) -> bool:
        """Whether something on record was written for this."""
        return any((one.purpose, one.config) == (purpose, config) and one.subject in subjects for one in self.reasons)

    def wrong(self, what: str) -> None:
        """Note a violation."""
        self.violations.append(what)

    def look(self, what: str, endpoint: str, more: dict[str, Any]) -> None:
        """See something happen."""
        if what == "moved":
            self._candidate(more["code"], more["left"])
        elif what == "update":
            self._updates(endpoint, more["code"], back=more["back"])
        elif what == "settled":
            self._settled(endpoint, more["code"], more["config"], back=more["back"])
        elif what == "scaled":
            live = self.world.endpoints[endpoint]
            for name, count in live.counts.items():
                key = (endpoint, name)
                self.lowest[key] = min(count, self.lowest.get(key, count))
        elif what == "copy":
            self._before_copy = self.view(endpoint)
        elif what == "copied":
            self._copied(endpoint, same=more["same"])
        elif what == "other answer":
            self.wrong("a copy of a request got another answer")

    def _updates(self, endpoint: str, code: Code, *, back: bool) -> None:
        live = self.world.endpoints.get(endpoint)
        self._at_update.pop(endpoint, None)
        if live is None or live.config not in self.world.configs or not code.guarded:
            return
        self._at_update[endpoint] = dict(live.counts)
        config: dict[str, Any] = {
            one["VariantName"]: one.get("InitialInstanceCount") for one in self.world.configs[live.config][0]
        }
        if live.config.startswith(THEIRS) and self.old is not None and self.old.guarded:
            # What people had their own config ask for is no word of the code's; a guard that is new can't tell.
            config |= {one.name: one.count for one in self.old.production if one.name in config}
        self._in_config[endpoint] = config
        if not back:
            self._candidate(code, live.config)

    def _candidate(self, code: Code, config: str) -> None:
        """No candidate reaches users without PASS or a reason, be it a model or hardware."""
        production, shadow = self.world.configs[config]
        made = self.world.made

        def what(one: dict[str, Any]) -> tuple[str, Any]:
            return made[one["ModelName"]], (one["InstanceType"], one.get("InferenceAmiVersion"))

        answering = set(map(what, production))
        asked = {(f"model-{part.version}", (part.instance_type, part.ami)) for part in code.production}
        for one in shadow:
            model, kind = what(one)
            new = model not in {other for other, _ in answering}
            reaches = model in {other for other, _ in asked} if new else (model, kind) in asked - answering
            free = code.override is not None or code.policy == "none"
            free = free or self.has_reason("promotion", config, {one["ModelName"]})
            if reaches and not free and self.outcome is not Outcome.PASS:
                self.wrong(f"{model} on {kind} reaches users though the gate said {self.outcome}")

    def _settled(self, endpoint: str, code: Code, config: str, *, back: bool) -> None:
        """No variant's live capacity falls because of an update."""
        live, before = self.world.endpoints[endpoint], self._at_update.get(endpoint)
        if live.config != config or before is None or self.old is None:
            return
        for one in code.production:
            had = before.get(one.name)
            if had is None or live.counts[one.name] >= had:
                continue
            enough = min(self.counts.get(one.name, had), self.lowest.get((endpoint, one.name), had))
            if back and live.counts[one.name] >= enough:
                continue
            # What failed and was left was never served: the code changes a count if it isn't that of what serves.
            changed = one.count != self._in_config[endpoint].get(one.name)
            scaled = code.declared(one.name) or one.name in self.scaled
            if not changed or scaled:
                self.wrong(f"the update took {one.name} from {had} to {live.counts[one.name]}")
        if back:
            return
        coming = [one for one in code.production if one.name not in before]
        gone = {name: before[name] for name in self._in_config[endpoint] if code.count(name) is None}
        start = sum(one.count for one in coming)
        asked_before = sum(self._in_config[endpoint][name] for name in gone)
        grown = any(count > self._in_config[endpoint][name] or name in self.scaled for name, count in gone.items())
        if coming and start < sum(gone.values()) and (grown or start >= asked_before):
            self.wrong(f"new names took {gone} to {[(one.name, one.count) for one in coming]}")

    def _copied(self, endpoint: str, *, same: bool) -> None:
        """A copy changes nothing and gets the same answer."""
        if self._before_copy != self.view(endpoint):
            self.wrong("a copy of a request changed something")
        if not same:
            self.wrong("a copy of a request got another answer")
