"""Clips shared out so that every movement gets its share and the sum of all scores is the highest possible.

A transportation problem with few movements and many clips. Each movement has a price; each clip goes where its score
less the price is highest. Prices are set in turn, each so that its movement draws no more clips than it has room for
(coordinate descent on the dual problem). What is over or short after that is moved along the cheapest paths, which
keeps the sum the highest for its counts (successive shortest paths; R. K. Ahuja, T. L. Magnanti and J. B. Orlin,
"Network Flows", 1993, chapter 9).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from preprocess.assign.clips import Floats, Indices

_FORBIDDEN = -1e3  # far below any score, finite so that prices stay so
_MOST_ROUNDS = 60
_NEARLY = 0.0005  # of the clips in the wrong place: the paths bring those home sooner than the prices do


def rooms(count: int, shares: npt.ArrayLike) -> Indices:
    """How many of `count` clips each movement gets: whole numbers in the proportion of `shares`, that sum up to it.

    What is left after rounding down goes to the largest remainders, the earlier movement first.
    """
    wanted = count * np.asarray(shares, np.float64) / np.sum(shares)
    room: Indices = np.floor(wanted + 1e-9).astype(np.intp)
    for index in np.argsort(-(wanted - room), kind="stable")[: count - int(room.sum())]:
        room[index] += 1
    return room


def balanced(
    scores: Floats, room: Indices, prices: Floats | None = None, least: Indices | None = None
) -> tuple[Indices, Floats]:
    """A movement for each clip, -1 for one that may go nowhere; and the prices, for a start near the next answer.

    `scores` is (clips, movements), -inf where a clip may not go; `room` says how many each movement takes at
    most, `least` how many at least. It gets more only where those clips may go nowhere else, even through others'
    moving, and fewer only where no others may come. The same in, the same out.
    """
    chosen = np.full(len(scores), -1, np.intp)
    somewhere = np.isfinite(scores).any(axis=1)
    prices = np.zeros(scores.shape[1]) if prices is None else prices
    if somewhere.any():
        bids = np.ascontiguousarray(np.where(np.isfinite(scores), scores, _FORBIDDEN)[somewhere].T)
        prices = _prices(bids, room, prices)
        offers = bids - prices[:, None]
        offers[bids <= _FORBIDDEN / 2] = -np.inf
        shared = offers.argmax(axis=0)
        _repair(shared, bids, np.zeros_like(room) if least is None else least, room)
        chosen[somewhere] = shared
    return chosen, prices


def _prices(bids: Floats, room: Indices, prices: Floats) -> Floats:
    """Prices at which nearly as many clips go to each movement as it has room for; `bids` is (movements, clips)."""
    movements, count = bids.shape
    if movements == 1:
        return prices
    offers = bids - prices[:, None]
    for _ in range(_MOST_ROUNDS):
        over = np.bincount(offers.argmax(axis=0), minlength=movements) - room
        if over.clip(0).sum() <= count * _NEARLY:
            break
        after = np.full_like(offers, -np.inf)  # the best offer of the movements behind each
        for index in range(movements - 1, 0, -1):
            np.maximum(after[index], offers[index], out=after[index - 1])
        before = np.full(count, -np.inf)
        for index in range(movements):
            others = np.maximum(before, after[index])
            price = _threshold(bids[index] - others, min(int(room[index]), count))
            offers[index] = bids[index] - max(price, 0.0)
            np.maximum(before, offers[index], out=before)
    return np.asarray((bids - offers)[:, 0])


def _threshold(drawn: Floats, room: int) -> float:
    """The price at which `room` clips are drawn: halfway between the last that is and the first that is not."""
    if room == 0:
        return float(drawn.max()) + 1.0
    if room == len(drawn):
        return float(drawn.min()) - 1.0
    ordered = np.partition(drawn, (len(drawn) - room - 1, len(drawn) - room))
    return float(ordered[len(drawn) - room - 1] + ordered[len(drawn) - room]) / 2


def _repair(chosen: Indices, bids: Floats, least: Indices, most: Indices) -> None:
    """Move clips out of movements that have too many, then into those that have too few, at the least loss."""
    counts = np.bincount(chosen, minlength=len(most))
    losses = np.full(2 * most.shape, np.inf)
    movers = np.zeros(2 * most.shape, np.intp)
    changed = set(range(len(most)))
    while True:
        if (counts > most).any():
            giving, taking = np.flatnonzero(counts > most), np.flatnonzero(counts < most)
        else:
            giving, taking = np.flatnonzero(counts > least), np.flatnonzero(counts < least)
        if not len(giving) or not len(taking):
            return
        for begin in changed:
            _lose(begin, chosen, bids, losses, movers)
        path = _cheapest(losses, giving, taking)
        if path is None:
            return
        for begin, end in path:
            chosen[movers[begin, end]] = end
        changed = {index for step in path for index in step}
        counts[path[0][0]] -= 1
        counts[path[-1][1]] += 1


def _lose(begin: int, chosen: Indices, bids: Floats, losses: Floats, movers: Indices) -> None:
    """Work out what is lost at least by moving one clip from movement `begin` to each other one, and which clip."""
    losses[begin] = np.inf
    members = np.flatnonzero(chosen == begin)
    for end in range(len(bids)) if len(members) else ():
        if end != begin:
            loss = bids[begin, members] - bids[end, members]
            best = int(loss.argmin())
            losses[begin, end] = loss[best] if loss[best] < -_FORBIDDEN / 2 else np.inf
            movers[begin, end] = members[best]


def _cheapest(losses: Floats, over: Indices, under: Indices) -> list[tuple[int, int]] | None:
    """The cheapest path from a movement that has too many to one that has too few, as steps; None without any.

    By Bellman and Ford: a step may gain, since an earlier move can have made room.
    """
    cost = np.full(len(losses), math.inf)
    cost[over] = 0.0
    before = np.full(len(losses), -1, np.intp)
    for _ in range(len(losses)):
        through = cost[:, None] + losses
        best = through.argmin(axis=0)
        least = through[best, np.arange(len(losses))]
        better = least < cost - 1e-12
        if not better.any():
            break
        cost[better], before[better] = least[better], best[better]
    end = int(under[np.argmin(cost[under])])
    if not math.isfinite(cost[end]):
        return None
    steps: list[tuple[int, int]] = []
    while before[end] >= 0 and len(steps) <= len(losses):
        steps.append((int(before[end]), end))
        end = int(before[end])
    return steps[::-1]
