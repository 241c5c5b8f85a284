"""What the setting `device` means on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from kb.errors import SettingsError
from kb.settings import EmbedderSettings, RerankerSettings, VerifierSettings

DEVICES = ("auto", "cpu", "cuda")

# Where the drivers of NVIDIA's GPUs show themselves: on Linux, and in Windows' Linux. Looking is free, while asking
# torch takes the second and more that its import takes.
_DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))


def check_device(device: str, section: str) -> None:
    """Raises SettingsError unless `device` is one that the settings know."""
    if device not in DEVICES:
        raise SettingsError(f"unknown {section}.device {device!r}", advice=f"Choose one of {', '.join(DEVICES)}")


def uses_gpu(device: str, section: str = "embedder") -> bool:
    """Whether a GPU is to be used: for "auto" where torch sees one, for "cuda" always.

    Raises:
        SettingsError: "cuda" and torch sees no GPU, or no such device.
    """
    check_device(device, section)
    if device == "cpu" or (device == "auto" and not any(path.exists() for path in _DRIVERS)):
        return False
    import torch

    if torch.cuda.is_available():
        return True
    if device == "auto":
        return False
    raise SettingsError(
        f"setting {section}.device is cuda, but torch sees no GPU",
        f"torch {torch.__version__}" + ("" if torch.version.cuda else " was built without CUDA"),
        "Install a CUDA build of torch and NVIDIA's driver, or set it to auto or cpu",
    )


_Settings = TypeVar("_Settings", EmbedderSettings, RerankerSettings, VerifierSettings)


def run_settings(settings: _Settings) -> _Settings:
    """The settings that a model is prepared with: for a GPU alone nothing is exported for the processor."""
    return replace(settings, runtime="torch") if settings.device == "cuda" else settings


def torch_device(device: str) -> str | None:
    """What sentence-transformers is told: a device, or None to choose itself (also Apple's GPUs)."""
    return None if device == "auto" else device
