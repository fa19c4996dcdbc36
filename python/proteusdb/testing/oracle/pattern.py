"""Sequence patterns: the glob by a set of positions, the rest by Python's `re`.

::

    M*[KR]            a glob matches one whole chain, or the whole sequence where it holds a colon
    re:C..C           a regular expression, anywhere within a chain
    prosite:C-x(2)-C  a PROSITE pattern, anywhere within a chain
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["compile_pattern"]

#: One step of a glob: whether it may repeat, and which residues it takes.
_Step = tuple[bool, Callable[[str], bool]]


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A predicate on a sequence whose chains are joined by `:`."""
    if pattern.startswith("re:"):
        return _anywhere(re.compile(pattern[len("re:") :], re.IGNORECASE))
    if pattern.startswith("prosite:"):
        return _anywhere(re.compile(_prosite(pattern[len("prosite:") :])))
    steps = _steps(pattern.upper())
    if ":" in pattern:
        return lambda sequence: _matches(steps, sequence)
    return lambda sequence: any(_matches(steps, chain) for chain in sequence.split(":"))


def _anywhere(expression: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda sequence: any(expression.search(chain) is not None for chain in sequence.split(":"))


def _matches(steps: list[_Step], text: str) -> bool:
    """Follows every way at once: `reached` holds the steps that may come next."""
    reached = _skip_runs({0}, steps)
    for letter in text:
        following = set()
        for place in reached:
            if place < len(steps) and steps[place][1](letter):
                following.add(place if steps[place][0] else place + 1)
        reached = _skip_runs(following, steps)
    return len(steps) in reached


def _skip_runs(reached: set[int], steps: list[_Step]) -> set[int]:
    todo = list(reached)
    while todo:
        place = todo.pop()
        if place < len(steps) and steps[place][0] and place + 1 not in reached:
            reached.add(place + 1)
            todo.append(place + 1)
    return reached


def _steps(pattern: str) -> list[_Step]:
    steps: list[_Step] = []
    rest = pattern
    while rest:
        if rest[0] == "[":
            body, _, rest = rest[1:].partition("]")
            steps.append((False, _class(body)))
            continue
        letter, rest = rest[0], rest[1:]
        if letter in "*?":
            steps.append((letter == "*", lambda residue: residue != ":"))
        else:
            steps.append((False, lambda residue, letter=letter: residue == letter))  # type: ignore[misc]
    return steps


def _class(body: str) -> Callable[[str], bool]:
    negated = body.startswith("!")
    members = set(body.removeprefix("!"))
    return lambda residue: residue != ":" and (residue in members) != negated


def _prosite(pattern: str) -> str:
    """PROSITE to `re`, element by element."""
    text = "".join(pattern.upper().split()).removesuffix(".")
    start, text = text.startswith("<"), text.removeprefix("<")
    end, text = text.endswith(">"), text.removesuffix(">")
    elements = "".join(_element(element) for element in text.split("-"))
    return ("^" if start else "") + elements + ("$" if end else "")


def _element(element: str) -> str:
    core, _, repeat = element.partition("(")
    times = "{" + repeat.rstrip(")") + "}" if repeat else ""
    if core == "X":
        return "." + times
    if core.startswith("["):
        letters = core.strip("[]")
        # `[G>]`: one of the letters, or the end of the chain.
        ends = ["$"] if ">" in letters else []
        ends += ["^"] if "<" in letters else []
        inner = "[" + letters.replace(">", "").replace("<", "") + "]"
        return "(?:" + "|".join([inner, *ends]) + ")" + times
    if core.startswith("{"):
        return "[^" + core.strip("{}") + "]" + times
    return re.escape(core) + times
