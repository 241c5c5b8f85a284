"""The measures: each asks in its own way and returns figures, in milliseconds unless their names say otherwise."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.serving_load.clients import Asked, ask, get
from benchmarks.serving_load.model import Pace

Figures = dict[str, Any]


@dataclass
class Bench:
    """What is measured."""

    url: str
    model_url: str
    pipes: Sequence[Connection]  # of each server process: tells its event loop's lags
    processes: Sequence[int]
    question: str
    pace: Pace
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(self, **how: float) -> Asked:
        """Asks the question once more."""
        return await ask(self.url, self.question, next(self.numbers), **how)

    async def moments(self) -> dict[int, dict[str, float]]:
        """What the model server noted since the last time, by the questions' numbers."""
        told = json.loads(await get(f"{self.model_url.removesuffix('/v1')}/moments"))
        return {int(number): moments for number, moments in told.items()}

    def lags(self) -> list[float]:
        """How late the server's event loops came back each time since the last look, in seconds."""
        lags: list[float] = []
        for pipe in self.pipes:
            pipe.send("lags")
            lags += pipe.recv()
        return lags

    def cpu_seconds(self) -> float:
        """That the server used (Linux)."""
        ticks = 0
        for process in self.processes:
            fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Of memory that the server's processes hold, what they share counted for each of them (Linux)."""
        files = (Path(f"/proc/{process}/statm") for process in self.processes)
        pages = sum(int(file.read_text(encoding="utf-8").split()[1]) for file in files)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def overhead(bench: Bench, _options: argparse.Namespace) -> Figures:
    """What a question costs beside search and model, with one and with eight clients that ask one after another."""
    await _warm(bench)
    figures = {}
    for clients in (1, 8):
        await bench.moments()
        bench.lags()
        spent = bench.cpu_seconds()
        rows = await asyncio.gather(*(_in_turn(bench, 8, wait=bench.pace.seconds) for _ in range(clients)))
        asked = [one for row in rows for one in row]
        cpu = (bench.cpu_seconds() - spent) / len(asked)
        moments = await bench.moments()
        whole = [one for one in asked if one.whole and one.number in moments]
        figures[f"{clients} clients"] = {
            "answers": f"{len(whole)} of {len(asked)}",
            "own": _spread([_own_seconds(one, moments[one.number]) for one in whole]),
            "until_the_model_is_asked": _spread([moments[one.number]["asked"] - one.began for one in whole]),
            "first_byte_after_first_token": _spread([one.first_byte - moments[one.number]["first"] for one in whole]),
            "words_after_the_sentence": _spread([one.first_words - moments[one.number]["sentence"] for one in whole]),
            "end_after_the_models": _spread([one.ended - moments[one.number]["last"] for one in whole]),
            "cpu": round(1000 * cpu, 1),
            "loop_lag": _spread(bench.lags()),
        }
    return figures


async def overload(bench: Bench, options: argparse.Namespace) -> Figures:
    """As many streams as there are places, then questions at ten times the rate that these places can answer."""
    await _warm(bench)
    alone = await _in_turn(bench, 4)
    bench.lags()
    begun = bench.cpu_seconds()
    streams = await asyncio.gather(*(_later(bench, bench.pace.seconds / 2) for _ in range(options.streams)))
    full_lags, full = bench.lags(), bench.cpu_seconds()
    seconds = 3 * bench.pace.seconds
    rate = 10 * options.streams / bench.pace.seconds
    crowd = await asyncio.gather(*(_later(bench, seconds) for _ in range(round(rate * seconds))))
    over = bench.cpu_seconds()
    admitted = [one for one in crowd if one.status == 200]
    refused = [one for one in crowd if one.status == 429]
    ended = Counter(str(one.status) if not one.failure else one.failure for one in crowd)
    return {
        "alone": _spread([one.seconds for one in alone]),
        "streams": _spread([one.seconds for one in streams if one.whole]),
        "streams_whole": f"{sum(one.whole for one in streams)} of {len(streams)}",
        "offered_a_second": round(rate, 1),
        "ended": dict(ended),
        "admitted": _spread([one.seconds for one in admitted if one.whole]),
        "admitted_whole": f"{sum(one.whole for one in admitted)} of {len(admitted)}",
        "refused": _spread([one.first_byte - one.began for one in refused]),
        "cpu_a_stream": round(1000 * (full - begun) / len(streams), 1),
        "cpu_an_admitted_with_its_refusals": round(1000 * (over - full) / max(1, len(admitted)), 1),
        "loop_lag_full": _spread(full_lags),
        "loop_lag_overload": _spread(bench.lags()),
    }


async def cancelled(bench: Bench, options: argparse.Namespace) -> Figures:
    """Questions whose clients hang up at any moment until soon after the first words, eight at a time."""
    await bench.moments()
    places = asyncio.Semaphore(8)
    chance = random.Random(0)

    async def cancel() -> Asked:
        async with places:
            return await bench.ask(hang_up_after=chance.uniform(0, bench.pace.first_seconds + 0.5))

    asked = await asyncio.gather(*(cancel() for _ in range(options.cancel)))
    again = await bench.ask()
    await asyncio.sleep(1)
    moments = await bench.moments()
    reached = [(one, moments[one.number]) for one in asked if one.number in moments]
    aborted = [noted["hung_up"] - one.ended for one, noted in reached if noted["hung_up"]]
    return {
        "cancelled": len(asked),
        "reached_the_model": len(reached),
        "model_calls_aborted": len(aborted),
        "aborted_after": _spread(aborted),
        "next_first_byte": round(1000 * (again.first_byte - again.began), 1),
        "next_whole": again.whole,
    }


async def soak(bench: Bench, options: argparse.Namespace) -> Figures:
    """Eight clients for some minutes: what memory does."""
    await asyncio.gather(*(_in_turn(bench, 3) for _ in range(8)))
    begun, first = time.monotonic(), bench.megabytes()
    samples, count = [first], 0
    while time.monotonic() - begun < 60 * options.minutes:
        rows = await asyncio.gather(*(_in_turn(bench, 1) for _ in range(8)))
        count += sum(one.whole for row in rows for one in row)
        samples.append(bench.megabytes())
    return {
        "minutes": options.minutes,
        "answers": count,
        "megabytes_first": round(first, 1),
        "megabytes_last": round(samples[-1], 1),
        "growth_percent": round(100 * (samples[-1] / first - 1), 2),
    }


async def _warm(bench: Bench) -> None:
    """Asks what is not counted: connections, caches, imports, of each process."""
    await asyncio.gather(*(bench.ask() for _ in range(8)))


async def _in_turn(bench: Bench, count: int, *, wait: float = 0.0) -> list[Asked]:
    """Asks one question after another; `wait` keeps clients from asking all in the same moments."""
    await asyncio.sleep(random.uniform(0, wait))
    return [await bench.ask() for _ in range(count)]


async def _later(bench: Bench, seconds: float) -> Asked:
    """Asks at a random moment within the next seconds, as people do."""
    await asyncio.sleep(random.uniform(0, seconds))
    return await bench.ask()


def _own_seconds(asked: Asked, moments: dict[str, float]) -> float:
    """All of an answer's time in which neither the search nor the model worked."""
    return asked.seconds - asked.timings["search"] - (moments["last"] - moments["asked"])


def _spread(seconds: Sequence[float]) -> Figures:
    if not seconds:
        return {}
    ordered = sorted(1000 * value for value in seconds)
    at = {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}
    return {name: round(value, 1) for name, value in {**at, "most": ordered[-1]}.items()} | {"count": len(ordered)}
