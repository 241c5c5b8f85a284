"""The command line of our vLLM server: every flag with its reason."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from kb.errors import SettingsError
from kb.settings import VllmSettings
from serving.vllm.environment import Environment

_QUEUE_LIMITED_SINCE = (
    0,
    32,
)  # the release with --max-num-queued-reqs that this was tried with; older ones may not know
_OURS = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"})
_CPU_CACHE = "2147483648"  # bytes of keys and values: some 16,000 tokens of an 8B model, far more of a smaller one


def served_name(model: str) -> str:
    """The name under which the server lists the model: a hub name as it is, of a folder its last part."""
    return Path(model).name if Path(model).is_dir() else model


def command_line(settings: VllmSettings, environment: Environment, port: int) -> list[str]:
    """What is run.

    Args:
        settings: the model, and the limits.
        environment: where vLLM is.
        port: on 127.0.0.1.

    Raises:
        SettingsError: `vllm.arguments` cannot be read as a command line.
    """
    flags = {
        "--host": "127.0.0.1",  # nobody else's business
        "--port": str(port),
        "--served-model-name": served_name(settings.model),
        # Prompts hold ten passages, in Chinese up to some 15,000 tokens: as much as model and memory can.
        "--max-model-len": str(settings.max_model_len or "auto"),
        # So many answers are made at once; the others wait, because all at once would all be slow.
        "--max-num-seqs": str(settings.max_num_seqs),
        "--seed": str(settings.seed),  # one question, one answer
        # Sampling as ibid asks for it, not as the model's files suggest: a repetition penalty hinders copying numbers.
        "--generation-config": "vllm",
        # Thoughts would spend the tokens of the answer; templates without thinking take no notice.
        "--default-chat-template-kwargs": '{"enable_thinking": false}',
    }
    if _release(environment.version) >= _QUEUE_LIMITED_SINCE:
        # Those beyond are told so at once (503), and ibid asks again a moment later, instead of waiting without end.
        flags["--max-num-queued-reqs"] = str(settings.max_num_seqs + settings.queue)
    if environment.on_cpu:
        flags["--kv-cache-memory-bytes"] = _CPU_CACHE
    else:
        # The rest is for embedder, reranker and verifier on the same GPU.
        flags["--gpu-memory-utilization"] = str(settings.gpu_memory_utilization)
    switches = [
        "--enable-prefix-caching",  # every prompt begins with the same rules: read once, then remembered
        "--disable-uvicorn-access-log",  # a line for each look at its health
    ]
    # The user's own come last: of a flag that is given twice, vLLM takes the last.
    own = _split(settings.arguments)
    pairs = [part for pair in flags.items() for part in pair]
    return [environment.python, *environment.program, settings.model, *pairs, *switches, *own]


def variables(environment: Environment, key: str, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment variables of the server's process.

    Args:
        environment: where vLLM is.
        key: without which it takes no request: any page in a browser on this machine may send some.
        inherited: what is kept, but for what would lead its Python to our packages.
    """
    kept = {name: value for name, value in inherited.items() if name not in _OURS}
    bin_folder = str(Path(environment.python).parent)
    return {
        "VLLM_NO_USAGE_STATS": "1",  # it would report to its makers
        "DO_NOT_TRACK": "1",
        **kept,
        "PATH": f"{bin_folder}{os.pathsep}{kept.get('PATH', os.defpath)}",  # it calls ninja, which lies beside it
        "PYTHONSAFEPATH": "1",  # a folder named like one of its modules, where ibid was started, is none of them
        "VLLM_API_KEY": key,  # here and not in the command line, which every user of the machine can see
    }


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _split(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError as error:
        raise SettingsError(f"setting vllm.arguments is {arguments!r}", str(error)) from error
