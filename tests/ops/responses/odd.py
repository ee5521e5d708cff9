"""Lines that are hardly a record, or none: a good one with something done to it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.ops.responses.captured import Said

LITERALS = (
    *("NaN", "nan", "-Infinity", "inf", "+Infinity", "infinit", "True", "null", "1e400", "1e+308", "-0", "01", "1."),
    *(".5", "+1", "0x1", "-", "1e", "9" * 5000, "[1,]", '{"a":1,}', "[,]", "{,}", "[1,,2]", '{"a":1,"a":2}', "[1 2]"),
    *('"\\ud800"', '"\\ude00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\q"', '"\\u12"', '"a\tb"', '"\x00"', '"'),
    *('"\ufeff"', '"\u2028"', '"\x7f"', "'x'", "[" * 10_000 + "]" * 10_000, '{"a":' * 2000 + "1" + "}" * 2000, "[[]"),
    *('{"deep": [{"x": "\\u00e9\\/"}]}', "[[1], [2, 3], {}]", "1.50", "5e-324", "1e22", "//x", "/*x*/ 1", "]", "}"),
)
BETWEEN = ("\r", "\x00", "\ufeff", "\x0b", "\x0c", "\xa0", "\x1c", "\x85", "\u2028", "\t ", ",", "x", "{}", "//x", "[")
NAMES = ("captureData", "endpointInput", "endpointOutput", "eventMetadata", "data", "encoding", "inferenceId", "mode")


@st.composite
def _odd(draw: Any) -> str:  # noqa: ANN401 - hypothesis' draw
    number = str(draw(st.integers(0, 9)))
    line = Said(number, f"0.{number}", event=number).line().decode()
    literal = str(draw(st.sampled_from(LITERALS)))
    name = f'"{draw(st.sampled_from(NAMES))}": '
    place = draw(st.sampled_from([at for at, one in enumerate(line) if one in "{}:,"]))
    kind = draw(st.integers(0, 8))
    if kind == 0:
        return literal
    if kind == 1:
        # A member more; often one that is there already.
        more = draw(st.sampled_from([name, name, name.replace("d", "\\u0064"), '"more": ']))
        return line.replace("{", f"{{{more}{literal}, ", int(draw(st.integers(1, 3))))
    if kind == 2:
        before, _, after = line.partition(name)
        _, until = json.JSONDecoder().raw_decode(after)
        return f"{before}{name}{literal}{after[until:]}"
    if kind == 3:
        end = draw(st.sampled_from([f', "more": {literal}}}', ",}", ",,}", ', "inferenceId": "0"}']))
        return f"{line[:-1]}{end}"
    if kind == 4:
        return f"{line[: place + 1]}{draw(st.sampled_from(BETWEEN))}{line[place + 1 :]}"
    if kind == 5:
        return line[:place]
    if kind == 6:
        mark = draw(st.sampled_from(BETWEEN))
        return str(draw(st.sampled_from([line + mark, mark + line, line + mark + line, f"[{line}]", line + line])))
    if kind == 7:
        return line.replace('"', str(draw(st.sampled_from(["'", '\\"', "\u201c"]))))
    return json.dumps(json.loads(line), separators=(" ,", ":\t"))


ODD = _odd().map(str.encode)
NO_UTF8 = st.sampled_from(
    [b'{"captureData": {"endpointOutput": {"data": "\xff"}}}', b"\xff\xfe", b'{"\xed\xa0\x80": 1}']
)
