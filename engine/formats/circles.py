"""Circles in what hangs on what: looks, pictures, parameters. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def circle_from(edges: Mapping[str, Sequence[str]], start: str, done: set[str]) -> list[str]:
    """A circle that is come to from `start` along `edges`, its first member last again; empty for none.

    `done` are those that lead to none; what is found to be so joins them.
    """
    way: list[str] = []
    left: list[Iterator[str]] = [iter([start])]
    while left:
        following = next(left[-1], None)
        if following is None:
            left.pop()
            if way:
                done.add(way.pop())
        elif following in way:
            return [*way[way.index(following) :], following]
        elif following not in done:
            way.append(following)
            left.append(iter(edges.get(following, ())))
    return []
