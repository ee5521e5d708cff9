"""Who imports whom in the two packages, read from the files: imports inside of functions count too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("shadow_constructs", "shadow_ops")


@cache
def modules() -> dict[str, Path]:
    """Every module of both packages by its name."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def imports(module: str, *, typing: bool = True) -> frozenset[str]:
    """What a module imports, by full name; modules of ours as such, of others their package.

    Args:
        module: Its name.
        typing: Whether what is only imported for type checking counts.
    """
    known, found = modules(), set[str]()
    for node in _nodes(ast.parse(known[module].read_text(encoding="utf-8")), typing=typing):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in known else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(name if name in known else name.partition(".")[0] for name in found)


def closure(module: str) -> set[Path]:
    """The files that are loaded, sooner or later, once a module is."""
    known, todo, found = modules(), [module], set[str]()
    while todo:
        one = todo.pop()
        if one in known and one not in found:
            found.add(one)
            todo += [*imports(one, typing=False), *(one[:at] for at, char in enumerate(one) if char == ".")]
    return {known[one] for one in found}


def _nodes(tree: ast.AST, *, typing: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        only_typing = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if typing or not only_typing:
            yield node
            yield from _nodes(node, typing=typing)
