"""The statements of the DuckDB engine.

What costs time is done here: reading, joining, comparing numbers. Every answer that isn't one plain number on both
sides, and differs, is compared by the same Python that the standard library's engine uses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.answer import LARGEST
from shadow_ops.responses.joining import Key
from shadow_ops.responses.numbers import STEP
from shadow_ops.responses.tally import LOSSES

# A request has at most 6 MB, an answer as much; base64 and escaped quotes make more of it.
_LARGEST_LINE = 67_108_864
_SMALLEST_BUFFER = 1_048_576
_REQUEST, _ANSWER = "captureData.endpointInput", "captureData.endpointOutput"
MALFORMED = LOSSES.index("malformed") + 1
_CODES = {why: place for place, why in enumerate(LOSSES, 1)}
_BYTES = f"TRY(from_base64({_ANSWER}.data))"

WAITING = """CREATE OR REPLACE TEMP TABLE waiting (side UTINYINT, status UTINYINT, fresh BOOLEAN, key VARCHAR,
  ih UBIGINT, request VARCHAR, segment VARCHAR, num DOUBLE, txt VARCHAR)"""


def files(paths: Sequence[Path], key: Key, *, segments: bool) -> str:
    """A relation of the records in files; a line that is no record is a row of NULLs.

    Only the members that are needed are read: that is most of what reading costs. DuckDB allots its buffers by the
    longest line that is allowed, and no line is longer than its file.
    """
    listed = ", ".join("'" + _no_pattern(str(path)).replace("'", "''") + "'" for path in paths)
    longest = min(_LARGEST_LINE, max(_SMALLEST_BUFFER, *(path.stat().st_size for path in paths)))
    asked = "STRUCT(data VARCHAR, encoding VARCHAR)" if segments else "STRUCT(data VARCHAR)"
    answered = "STRUCT(data VARCHAR, encoding VARCHAR, observedContentType VARCHAR)"
    event = "" if key == "request" else f", eventMetadata: 'STRUCT({key} VARCHAR)'"
    capture = f"captureData: 'STRUCT(endpointInput {asked}, endpointOutput {answered})'"
    return (
        f"read_json([{listed}], columns = {{{capture}{event}}}, "
        "records = true, format = 'newline_delimited', ignore_errors = false, compression = 'uncompressed', "
        f"maximum_object_size = {longest})"
    )


def _no_pattern(path: str) -> str:
    """A path that DuckDB takes for that path alone, whatever is in it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", path)


def side(number: int, relation: str, key: Key, *, requests: bool, segments: bool) -> str:
    """The records of a side: whether they can be joined, by what, and what was answered."""
    keyed = f"{_REQUEST}.data" if key == "request" else f"NULLIF(eventMetadata.{key}, '')"
    request = f"{_REQUEST}.data" if requests else "NULL::VARCHAR"
    segment = f"segment({_REQUEST}.data, {_REQUEST}.encoding)" if segments else "NULL::VARCHAR"
    number_of = "TRY_CAST(answer AS DOUBLE)"
    plain = f"abs({number_of}) < {LARGEST} AND NOT contains(answer, '_') AND NOT contains(answer, '+-')"
    return f"""
SELECT side, status, true AS fresh, CASE WHEN status = 0 THEN key END AS key,
  CASE WHEN status = 0 AND asked IS NOT NULL THEN hash(asked) END AS ih, request, segment, num,
  CASE WHEN num IS NULL THEN answer END AS txt
FROM (
  SELECT *, CASE WHEN bad THEN {MALFORMED} WHEN data IS NULL OR data = '' THEN {_CODES["no answer"]}
    WHEN contains(lower(kind), 'event-stream') OR contains(lower(kind), 'eventstream') THEN {_CODES["stream"]}
    WHEN answer IS NULL THEN {_CODES["undecodable"]} WHEN key IS NULL THEN {_CODES["without key"]}
    ELSE 0 END::UTINYINT AS status, CASE WHEN {plain} THEN {number_of} END AS num
  FROM (
    SELECT {number}::UTINYINT AS side, captureData IS NULL AS bad, {keyed} AS key, {_REQUEST}.data AS asked,
      {_ANSWER}.data AS data, {_ANSWER}.observedContentType AS kind, {request} AS request, {segment} AS segment,
      CASE WHEN {_ANSWER}.encoding = 'BASE64'
        THEN CASE WHEN {_BYTES} IS NOT NULL THEN COALESCE(TRY(decode({_BYTES})), {_ANSWER}.data) END
        ELSE {_ANSWER}.data END AS answer
    FROM {relation}))"""


def groups(records: str, *, requests: bool, segments: bool) -> str:
    """Records grouped by key and request: each group is a pair, a duplicate, or has no partner (yet)."""
    request = "any_value(request)" if requests else "NULL::VARCHAR"
    segment = "any_value(segment)" if segments else "NULL::VARCHAR"
    return f"""CREATE OR REPLACE TEMP TABLE groups AS
SELECT status, key, ih, count(*) FILTER (side = 0) AS np, count(*) FILTER (side = 1) AS ns,
  count(*) FILTER (side = 0 AND NOT fresh) AS waited_p, count(*) FILTER (side = 1 AND NOT fresh) AS waited_s,
  {request} AS request, {segment} AS segment,
  any_value(num) FILTER (side = 0) AS pn, any_value(num) FILTER (side = 1) AS sn,
  any_value(txt) FILTER (side = 0) AS pt, any_value(txt) FILTER (side = 1) AS st
FROM ({records}) GROUP BY status, key, ih"""


READ = "SELECT status, sum(np - waited_p), sum(ns - waited_s) FROM groups GROUP BY status"
DUPLICATES = "SELECT coalesce(sum(np), 0), coalesce(sum(ns), 0) FROM groups WHERE status = 0 AND (np > 1 OR ns > 1)"
_PAIRS = "FROM groups WHERE status = 0 AND np = 1 AND ns = 1"
UNCHECKED = f"SELECT count(*) {_PAIRS} AND ih IS NULL"

LEFT = """CREATE OR REPLACE TEMP TABLE alone AS
SELECT *, max(np) OVER (PARTITION BY key) + max(ns) OVER (PARTITION BY key) > 1 AS differs
FROM groups WHERE status = 0 AND np + ns = 1"""
DIFFERENT = "SELECT coalesce(sum(np), 0), coalesce(sum(ns), 0) FROM alone WHERE differs"
ONLY = "SELECT coalesce(sum(waited_p), 0), coalesce(sum(waited_s), 0) FROM alone WHERE NOT differs"
STILL_WAITING = "SELECT count(*) FILTER (side = 0), count(*) FILTER (side = 1) FROM waiting"
WAIT = """INSERT INTO waiting SELECT ns, 0, false, key, ih, request, segment, coalesce(pn, sn), coalesce(pt, st)
FROM alone WHERE NOT differs AND waited_p + waited_s = 0"""


def cube(how: Comparison) -> str:
    """Pairs of plain numbers, added up by everything that is counted."""
    limit = how.threshold if how.classes == "threshold" else 0.5
    return f"""
SELECT earlier, segment, production_above, shadow_above, exact, within, bucket, count(*), sum(p), sum(s), sum(p * p),
  sum(s * s), sum(p * s), sum(apart), sum(apart * apart), max(abs(apart)), least(min(p), min(s)),
  greatest(max(p), max(s))
FROM (
  SELECT waited_p > 0 AS earlier, segment, pn AS p, sn AS s, sn - pn AS apart, pn >= {limit!r} AS production_above,
    sn >= {limit!r} AS shadow_above, pn = sn AS exact, {_within(how)} AS within,
    CASE WHEN pn <> sn THEN ceil(ln(abs(sn - pn)) / {STEP!r})::INTEGER END AS bucket
  {_PAIRS} AND pn IS NOT NULL AND sn IS NOT NULL)
GROUP BY ALL"""


def differing_numbers(how: Comparison, key: Key, most: int | None) -> str:
    """Pairs of plain numbers that don't agree, those that differ most first, equal ones in the order of `Example`."""
    limit = how.threshold
    agrees = f"(pn >= {limit!r}) = (sn >= {limit!r})" if how.classes == "threshold" else _within(how)
    which = f"pn IS NOT NULL AND sn IS NOT NULL AND NOT ({agrees})"
    if most is None:
        return f"{_ROWS} AND {which}"
    # Only what lies as far apart as the last one that is wanted has to be put in order.
    furthest = f"SELECT abs(sn - pn) AS apart {_PAIRS} AND {which} ORDER BY apart DESC LIMIT {most}"
    by = "" if key == "request" else "key DESC, "
    order = f"abs(sn - pn) DESC, {by}earlier, pn::VARCHAR DESC, sn::VARCHAR DESC, request DESC, segment DESC"
    far = f"abs(sn - pn) >= (SELECT min(apart) FROM ({furthest}))"
    return f"{_ROWS} AND {which} AND {far} ORDER BY {order} LIMIT {most}"


def unequal_numbers(most: int) -> str:
    """Some pairs of plain numbers that aren't equal."""
    return f"SELECT pn, sn {_PAIRS} AND pn <> sn LIMIT {most}"


KINDS = f"SELECT count(DISTINCT pn) FROM (SELECT pn {_PAIRS} AND sn IS NOT NULL LIMIT 2000)"
"""Of how many kinds production's plain numbers are, at least: labels are few."""


def labels(most: int) -> str:
    """How often the shadow gave which plain number where production gave which; of more kinds than labels some."""
    return f"SELECT pn, sn, count(*) {_PAIRS} AND pn IS NOT NULL AND sn IS NOT NULL GROUP BY ALL LIMIT {most}"


def exchanged(how: Comparison, mask: int) -> str:
    """How often each side said each number, in pairs that differ; of some of the numbers only."""
    differing = f"{_PAIRS} AND NOT ({_within(how)})"
    said = f"SELECT pn AS n, 1 AS p, 0 AS s {differing} UNION ALL SELECT sn, 0, 1 {differing}"
    return f"SELECT n, sum(p)::BIGINT, sum(s)::BIGINT FROM ({said}) WHERE hash(n) & {mask} = 0 GROUP BY n"


def equal(*, numbers: bool) -> str:
    """Pairs that are equal to the letter, counted by their answer; with or without plain numbers."""
    which = _EQUAL if numbers else "pt = st"
    return f"SELECT waited_p > 0 AS earlier, segment, pn, pt, count(*) {_PAIRS} AND {which} GROUP BY ALL"


def different(*, numbers: bool) -> str:
    """Pairs that aren't equal to the letter, one by one; `numbers` as in `equal`."""
    which = f"NOT coalesce({_EQUAL}, false)" if numbers else "(pn IS NULL OR sn IS NULL) AND pt IS DISTINCT FROM st"
    return f"{_ROWS} AND {which}"


_EQUAL = "(pn IS NOT DISTINCT FROM sn AND pt IS NOT DISTINCT FROM st)"
_ROWS = f"SELECT waited_p > 0 AS earlier, segment, key, request, pn, pt, sn, st {_PAIRS}"

_ASKED = "FROM groups WHERE status = 0 AND np = 1 AND waited_p = 0 AND ih IS NOT NULL"
REPEATED = f"""SELECT ih, pn, pt, count(*) {_ASKED} AND ih IN (SELECT ih {_ASKED} GROUP BY ih HAVING count(*) > 1)
GROUP BY ALL"""
REPEATED_OF_REQUESTS = """SELECT ih, num, txt, count(*) FROM records
WHERE side = 0 AND status = 0 AND fresh AND ih IN (SELECT ih FROM groups WHERE np > 1) GROUP BY ALL"""


def _within(how: Comparison) -> str:
    return f"abs(sn - pn) <= {float(how.atol)!r} + {float(how.rtol)!r} * abs(pn)"
