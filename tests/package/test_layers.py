"""Who may import whom: one arrow between the two packages, and none that runs up inside of either."""

from __future__ import annotations

import pytest

from tests.support.imports import imports, modules

# Each wing imports only what stands before it; wings of one line don't import each other.
OPS = (
    ("contract",),
    ("aws",),
    ("measure", "sending", "testfile"),
    ("judge",),
    ("guard",),
    ("managed",),
    ("observe", "responses"),
    ("watch", "answering"),
    ("report", "workflows"),
    ("cli",),
    ("__main__",),
)
CONSTRUCTS = (
    ("values",),
    ("metrics", "placing"),
    ("model", "alarms", "dashboard"),
    ("guard",),
    ("watch",),
    ("endpoint",),
    ("managed",),
    ("stacks",),
    ("pipelines", "fleet", "testing", ""),
)
ORDER = {
    f"{package}.{wing}".rstrip("."): (package, level)
    for package, wings in (("shadow_ops", OPS), ("shadow_constructs", CONSTRUCTS))
    for level, line in enumerate(wings)
    for wing in line
}
# Nothing is in it but what it is for: the version.
ORDER["shadow_ops"] = ("shadow_ops", -1)
OURS = tuple(modules())


def wing(module: str) -> str:
    """The wing that a module lies in."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("module", OURS)
def test_every_module_imports_what_stands_below_it(module: str) -> None:
    """A wing that isn't in the tables above has no place yet: give it one."""
    package, level = ORDER[wing(module)]
    for one in imports(module):
        if not one.startswith(("shadow_ops", "shadow_constructs")) or wing(one) == wing(module):
            continue
        other, below = ORDER[wing(one)]
        if other == package:
            assert below < level, f"{module} imports {one}"
        else:
            assert (package, wing(one)) == ("shadow_constructs", "shadow_ops.contract"), f"{module} imports {one}"


@pytest.mark.parametrize("module", [one for one in OURS if one.startswith("shadow_ops")])
def test_nothing_that_runs_imports_what_synthesizes(module: str) -> None:
    """Neither the CDK nor what is built on it."""
    assert not {"aws_cdk", "constructs", "jsii"} & imports(module)


def test_no_module_imports_itself_in_a_circle() -> None:
    """Also inside of a wing; what is only imported for types is no circle when it runs."""
    done, path = set[str](), list[str]()

    def visit(module: str) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for one in imports(module, typing=False):
            if one in modules():
                visit(one)
        done.add(path.pop())

    for module in OURS:
        visit(module)


@pytest.mark.parametrize("module", OURS)
def test_no_module_is_too_long_to_be_read_at_once(module: str) -> None:
    """Three hundred lines at most."""
    assert len(modules()[module].read_text(encoding="utf-8").splitlines()) <= 300
