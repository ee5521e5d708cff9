"""The grammar of metric math."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias


class MathError(Exception):
    """An expression that cannot be parsed or evaluated."""


class Number(NamedTuple):
    """A literal number."""

    value: float


class Text(NamedTuple):
    """A literal string."""

    text: str


class Name(NamedTuple):
    """A reference to a metric or expression by id."""

    name: str


class Negate(NamedTuple):
    """A unary minus."""

    operand: Node


class Binary(NamedTuple):
    """An operator between two operands."""

    operator: str
    left: Node
    right: Node


class Array(NamedTuple):
    """A list of time series."""

    items: tuple[Node, ...]


class Call(NamedTuple):
    """A function call."""

    function: str
    items: tuple[Node, ...]


Node: TypeAlias = Number | Text | Name | Negate | Binary | Array | Call

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<op>\|\||&&|==|!=|<=|>=|[-+*/^<>(),\[\]]))"
)
# Loosest first. AND and OR are the spelled forms of && and ||.
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||", "OR"),
    ("&&", "AND"),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/"),
    ("^",),
)
_MAX_LENGTH = 2048


@lru_cache(maxsize=1024)
def parse(expression: str) -> Node:
    """Return the tree of an expression; alarms ask for the same ones again and again.

    Raises:
        MathError: If it is not one, or longer than CloudWatch allows.
    """
    if len(expression) > _MAX_LENGTH:
        raise MathError(f"an expression has at most {_MAX_LENGTH} characters, got {len(expression)}")
    parser = _Parser(_tokens(expression))
    node = parser.level(0)
    parser.end()
    return node


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MathError(f"unexpected '{text[position:].strip()[:10]}'")
        assert match.lastgroup is not None
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._next += 1
        return token

    def _expect(self, text: str) -> None:
        got = self._take()[1]
        if got != text:
            raise MathError(f"expected '{text}', got '{got or 'the end'}'")

    def end(self) -> None:
        kind, text = self._peek()
        if kind != "end":
            raise MathError(f"unexpected '{text}'")

    def level(self, depth: int) -> Node:
        if depth == len(_LEVELS):
            return self._unary()
        node = self.level(depth + 1)
        while self._peek()[1] in _LEVELS[depth] and self._peek()[0] in ("op", "name"):
            operator = {"AND": "&&", "OR": "||"}.get(self._peek()[1], self._peek()[1])
            self._take()
            node = Binary(operator, node, self.level(depth + 1))
        return node

    def _unary(self) -> Node:
        if self._peek() == ("op", "-"):
            self._take()
            return Negate(self._unary())
        return self._primary()

    def _primary(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(text[1:-1])
        if kind == "name":
            if self._peek() == ("op", "("):
                self._take()
                return Call(text.upper(), self._items(")"))
            return Name(text)
        if text == "(":
            node = self.level(0)
            self._expect(")")
            return node
        if text == "[":
            return Array(self._items("]"))
        raise MathError(f"unexpected '{text or 'end'}'")

    def _items(self, closing: str) -> tuple[Node, ...]:
        if self._peek()[1] == closing:
            self._take()
            return ()
        items = [self.level(0)]
        while self._peek()[1] == ",":
            self._take()
            items.append(self.level(0))
        self._expect(closing)
        return tuple(items)
