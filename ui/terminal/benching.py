"""`ibid bench`: speed and memory on this machine, with a collection's own documents."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kb.errors import UsageError
from kb.settings import Settings
from ui.terminal.progress import progress_of

if TYPE_CHECKING:
    from eval.speed import Speed, Stage


def bench(options: argparse.Namespace, settings: Settings) -> int:
    """Measures and says what was measured; 1 where some original could not be read again."""
    from eval.speed import measure_speed

    if not 0 < options.seconds < math.inf:  # so that NaN is refused, too
        raise UsageError(f"--seconds cannot be {options.seconds:g}", advice="Say how long each stage may take")
    with progress_of(settings.collection) as progress:
        speed = measure_speed(settings, settings.collection, seconds=options.seconds, progress=progress)
    if options.json:
        print(json.dumps(_as_json(speed), ensure_ascii=False, indent=2))
    else:
        _print(speed)
    return 1 if speed.unread else 0


def _as_json(speed: Speed) -> dict[str, Any]:
    stages = [asdict(stage) | {"per_second": stage.per_second} for stage in speed.stages]
    known = [{key: _known(value) for key, value in stage.items()} for stage in stages]
    return asdict(speed) | {"stages": known}


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value  # JSON has no NaN


def _print(speed: Speed) -> None:
    machine = speed.machine
    graphics = f", {machine.gpu}" if machine.gpu else ", no GPU in use"
    print(f"{machine.processor}, {machine.cores} cores, {machine.memory_mb / 1000:.0f} GB{graphics}")
    print(f"{machine.system}, Python {machine.python}")
    print(
        f"{speed.collection}: {speed.documents} documents, {speed.passages} passages; {speed.embedding}; "
        f"answers: {speed.answers_by}\n"
    )
    print(f"{'':16} {'done':>7} {'a second':>9} {'half within':>12} {'95 % within':>12}")
    for stage in speed.stages:
        print(_line(stage))
    print(f"\nfirst search      {speed.opening_seconds:.1f} s after opening (models and indexes are loaded)")
    print(f"memory            {speed.memory_mb} MB at most, {speed.parser_memory_mb} MB where files are read")
    print(f"disk              {speed.disk_mb:.1f} MB, of which {speed.index_mb:.1f} MB are indexes")
    for name in speed.unread:
        print(f"cannot be read again: {name}")


def _line(stage: Stage) -> str:
    times = [f"{value:9.1f} ms" if not math.isnan(value) else "" for value in (stage.p50_ms, stage.p95_ms)]
    unit = "of 64 passages" if stage.unit == "passages" else ""
    shown = f"{stage.name:16} {stage.done:7d} {stage.per_second:9.1f} {times[0]:>12} {times[1]:>12}  {unit}"
    return shown.rstrip()
