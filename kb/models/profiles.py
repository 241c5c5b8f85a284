"""Profiles: which embedder, reranker, verifier and chat model suit a kind of machine. The data is in profiles.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from kb.settings import Settings

PARTS = ("embedder", "reranker", "verifier", "chat")
PREPARED = PARTS[:3]  # chosen and prepared by `ibid models`; a chat model is only advised


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another model that one may want instead, and what speaks for and against it."""

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class PartProfile:
    """One model of a profile. What each field holds is said at the top of profiles.toml."""

    what: str
    name: str = ""  # none
    settings: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    parameters_million: int = 0
    download_mb: int = 0
    dimensions: tuple[int, ...] = ()
    window: int = 0
    prefixes: str = ""
    retrieval: float | None = None
    question_ms: str = ""
    command: str = ""  # a chat model's server
    advice: Mapping[str, Any] = field(default_factory=dict)  # settings for it, which are not written
    why: str = ""
    unverified: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """The models for one kind of machine."""

    name: str
    what: str
    embedder: PartProfile
    reranker: PartProfile
    verifier: PartProfile
    chat: PartProfile

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """What choosing this profile sets, by section of the settings."""
        return {part: dict(getattr(self, part).settings) for part in PREPARED}


def read_profiles() -> dict[str, Profile]:
    """All profiles by name, the smallest first."""
    text = files("kb.models").joinpath("profiles.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = tomllib.loads(text)["profiles"]
    return {
        name: Profile(name, values["what"], *(_part(values[part]) for part in PARTS)) for name, values in found.items()
    }


def chosen_profile(settings: Settings) -> str:
    """The name of the profile whose models these settings name, all of them; "" where they name others."""
    for profile in read_profiles().values():
        wanted = [(part, key, value) for part, own in profile.settings.items() for key, value in own.items()]
        if all(getattr(getattr(settings, part), key) == value for part, key, value in wanted):
            return profile.name
    return ""


def _part(values: Mapping[str, Any]) -> PartProfile:
    others = tuple(Alternative(**item) for item in values.get("alternatives", ()))
    return PartProfile(
        **{**values, "alternatives": others, "dimensions": tuple(values.get("dimensions", ()))},
    )
