"""Where an endpoint's captured data lies, and how its reading is shown."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shadow_ops.aws.clients import Clients
from shadow_ops.cli import output
from shadow_ops.cli.errors import USAGE, Failure
from shadow_ops.contract import problems
from shadow_ops.contract.answers import comparison_of
from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.paths import path_text
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.find import HourOfFiles, span
from shadow_ops.responses.hidden import NEITHER, Shown
from shadow_ops.responses.layout import Item
from shadow_ops.responses.local import FolderSource, Source
from shadow_ops.responses.reading_text import size
from shadow_ops.responses.redact import Redaction
from shadow_ops.responses.result import Result
from shadow_ops.responses.run import Asked
from shadow_ops.responses.source import S3Source, s3_source

# API member VariantName.
_VARIANT = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")


@dataclass(frozen=True)
class Place:
    """What the user said of where the data lies.

    Attributes:
        endpoint: The endpoint's name.
        source: An ``s3://`` folder or a local one; None for the endpoint's own.
        production: The production variant's name; None for the endpoint's own.
        shadow: The shadow variant's name, likewise.
        since: How far back to look; None for since the test began.
        now: The time.
    """

    endpoint: str
    source: str | None
    production: str | None
    shadow: str | None
    since: datetime.timedelta | None
    now: datetime.datetime


def asked(
    place: Place,
    clients: Clients,
    cache: Path | None,
    *,
    redact: Sequence[str] = (),
    how: Comparison | None = None,
    by: str | None = None,
    athena: tuple[str, str] | None = None,
    shown: Shown = NEITHER,
    **rest: Any,  # noqa: ANN401 - as `Asked`
) -> Asked:
    """What is to be compared: as the endpoint's own rule says where `how` is left out, counted `by` a part of requests.

    Raises:
        Failure: If it can't be found out where the data lies.
        InvalidValueError: If `redact` names no part.
        ClientError: If AWS refuses a call.
    """
    _check_place(place.source)
    _check_two(place.production, place.shadow)
    source, variants, since, until, policy = _located(place, clients)
    _check_two(*variants)
    if athena is not None:
        source = _by_athena(source, clients, place.endpoint, athena, whole=bool(by or redact or shown.inputs))
    # Before anything is written.
    named_parts = Redaction.of(redact, b"")
    kept = (cache or _cache()) / hashlib.sha256(os.fsencode(source.name)).hexdigest()[:16]
    redaction = None
    if redact:
        # Files that were kept with another redaction, or none, are others.
        named = hashlib.sha256("\0".join(sorted(redact)).encode()).hexdigest()[:16]
        kept = kept / f"redacted-{named}"
        redaction = replace(named_parts, key=_secret(kept))
    return Asked(
        endpoint=place.endpoint,
        source=source,
        production=variants[0],
        shadow=variants[1],
        since=since,
        until=until,
        how=replace(comparison_of(policy or GatePolicy()) if how is None else how, by=by),
        redaction=redaction,
        cache=kept,
        shown=shown,
        **rest,
    )


def _check_place(source: str | None) -> None:
    if source is None or (source.strip() and "://" not in source):
        return
    scheme, _, rest = source.partition("://")
    bucket = rest.partition("/")[0]
    if scheme != "s3" or not _BUCKET.fullmatch(bucket):
        must = "--from must be s3://bucket/folder, or a folder on this machine; it holds the variants' folders"
        why = f", and {problems.shown(bucket)} is no bucket's name" if scheme == "s3" and bucket else ""
        raise Failure(f"{must}, got {problems.shown(source)}{why}", USAGE)


def _check_two(production: str | None, shadow: str | None) -> None:
    for option, name in (("--production", production), ("--shadow", shadow)):
        if name is not None and not _VARIANT.fullmatch(name):
            raise Failure(f"{option} must be a variant's name, letters, digits and hyphens, got {name!r}", USAGE)
    if production is not None and production == shadow:
        raise Failure(f"production and shadow are both {shadow!r}: a variant agrees with itself", USAGE)


def _located(
    place: Place, clients: Clients
) -> tuple[Source, tuple[str, str], datetime.datetime, datetime.datetime, GatePolicy | None]:
    begun = None if place.since is None else place.now - place.since
    if place.source is not None and not place.source.startswith("s3://"):
        folder = FolderSource(Path(place.source))
        variants = place.production or "production", place.shadow or "shadow"
        there = span(folder, variants)
        if there is None:
            raise Failure(
                f"{place.source} has no captured files in {variants[0]}/ or {variants[1]}/yyyy/mm/dd/hh/; "
                "name the variants with --production and --shadow",
                USAGE,
            )
        for variant in variants:
            if span(folder, [variant]) is None:
                known = sorted(one.name for one in folder.root.iterdir() if span(folder, [one.name]) is not None)
                there_are = f"there are {', '.join(known)}"
                raise Failure(f"{place.source} has no captured files of a variant {variant}; {there_are}", USAGE)
        if begun is not None and begun >= there[1]:
            held = f"{there[0]:%Y-%m-%d %H:%M} to {there[1]:%Y-%m-%d %H:%M} UTC"
            raise Failure(
                f"--since counts back from now, and {place.source} ends before that: it holds {held}; leave --since "
                "out to read all of it",
                USAGE,
            )
        return folder, variants, begun or there[0], there[1], None
    if place.source is not None and place.production and place.shadow and begun is not None:
        return s3_source(clients.s3, place.source), (place.production, place.shadow), begun, place.now, None
    from shadow_ops.observe.deployed import find_with_shadow

    found = find_with_shadow(clients, place.endpoint)
    live = found.live
    assert live.shadow is not None
    where = place.source or (live.config.capture_uri and f"{live.config.capture_uri.rstrip('/')}/{live.name}")
    if where is None:
        raise Failure(
            f"{live.name} captures nothing, so there are no answers to compare; deploy it with Capture(), or name a "
            "folder with --from"
        )
    variants = place.production or live.production[0].name, place.shadow or live.shadow.name
    # What was captured before the test began is another shadow's.
    since = live.began if begun is None else max(begun, live.began)
    policy = None if found.declared is None else found.declared.policy
    return s3_source(clients.s3, where), variants, since, place.now, policy


def _by_athena(source: Source, clients: Clients, endpoint: str, athena: tuple[str, str], *, whole: bool) -> Source:
    """The same data, read by Athena; whole requests only where something is looked up in them."""
    from shadow_ops.responses.athena import AthenaSource

    if not isinstance(source, S3Source):
        raise Failure("--engine athena reads what lies in S3; a local folder is read without it", USAGE)
    table, workgroup = athena
    return AthenaSource(clients.athena, source, table, endpoint, workgroup, requests=whole)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "shadow-test" / "captured"


def _secret(folder: Path) -> bytes:
    """The key of the hashes in a cache: without it nobody can try out what a hash stands for."""
    path = folder / "key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
    return key


def warn_of_missed(question: Asked) -> None:
    """Tell of each part to redact that was in no record: a typo leaves readable what was to be hidden."""
    for part in () if question.redaction is None else question.redaction.missed():
        output.progress(f"warning: --redact {part!r} was in no record that was fetched now; is it where you think?")


def warn_of_unmet(result: Result) -> None:
    """Tell of each part that may differ and was in no answer that was compared: it is elsewhere, or a typo."""
    seen = result.tally.all.compared or result.tally.losses[SIDES[0]]["nothing to compare"]
    for path in sorted(map(path_text, result.tally.unmet)) if seen else ():
        begins = "" if result.how.answer is None else f"; it begins at what --answer {result.how.answer!r} names"
        output.progress(f"warning: --ignore {path!r} was in no answer that was compared{begins}")


class Watching:
    """Tells a person how far the reading is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files = self._all = 0
        self._bytes = 0

    def begin(self, hours: Sequence[HourOfFiles]) -> None:
        """Say what will be read."""
        self._all = sum(len(one.production) + len(one.shadow) for one in hours)
        output.progress(f"reading {len(hours)} hours: {self._all} files, {size(sum(one.size for one in hours))}")

    def fetched(self, item: Item) -> None:
        """Count a file; on a terminal the line is written anew."""
        with self._lock:
            self._files += 1
            self._bytes += item.size
            if output.watched() and (self._files % 50 == 0 or self._files == self._all):
                output.overwritten(f"  {self._files} of {self._all} files, {size(self._bytes)}")


@contextlib.contextmanager
def progress() -> Iterator[Watching]:
    """Show the reading while it goes on."""
    yield Watching()
    if output.watched():
        output.overwritten("")
