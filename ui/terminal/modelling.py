"""`ibid models`: what is used, what each profile would use, what is here; fetching, preparing and choosing."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import Any

from kb.errors import NotFoundError, SettingsError, UsageError
from kb.models import PARTS, PREPARED, PartProfile, Profile, read_profiles
from kb.settings import Settings, read_settings
from ui.terminal.model_states import model_states


def models(options: argparse.Namespace, settings: Settings) -> int:
    """Says which models are used and which profiles there are; prepares or chooses where asked to."""
    profiles = read_profiles()
    for name in filter(None, (options.profile, options.use)):
        if name not in profiles:
            raise NotFoundError(f"no profile {name!r}", advice=f"There are: {', '.join(profiles)}")
    if options.use and options.profile not in ("", options.use):
        raise UsageError("--profile and --use name different profiles", advice="Give one of them")
    if options.use:
        _use(profiles[options.use], settings)
        settings = read_settings(home=settings.home)
    chosen = options.use or options.profile
    shown = with_profile(settings, profiles[chosen]) if chosen else settings
    if options.prepare:
        _prepare(shown)
    if options.json:
        print(json.dumps(_as_json(settings, profiles), ensure_ascii=False, indent=2))
    elif options.profile and not options.use:
        _print_profile(profiles[options.profile], shown)
    else:
        _print_all(settings, profiles)
    return 0


def with_profile(settings: Settings, profile: Profile) -> Settings:
    """The settings as they would be with the models of a profile."""
    return replace(
        settings,
        embedder=replace(settings.embedder, **profile.embedder.settings),
        reranker=replace(settings.reranker, **profile.reranker.settings),
        verifier=replace(settings.verifier, **profile.verifier.settings),
    )


def _use(profile: Profile, settings: Settings) -> None:
    """Writes a profile's models into ibid.toml and says what changed and what is to be done now."""
    from kb.models.settings_file import set_in_file

    held = read_settings({}, home=settings.home)  # as the file says, whatever the environment may add
    wanted = {
        section: {key: value for key, value in values.items() if getattr(getattr(held, section), key) != value}
        for section, values in profile.settings.items()
    }
    path = settings.home / "ibid.toml"
    set_in_file(path, wanted)
    for section, values in wanted.items():
        for key, value in values.items():
            _say(
                f"{path}: {section}.{key} = {json.dumps(value)}, was {json.dumps(getattr(getattr(held, section), key))}"
            )
    if not any(wanted.values()):
        _say(f"{path}: the models of {profile.name} are set already")
    for line in _advice(profile, settings, changed=bool(wanted.get("embedder"))):
        _say(line)


def _advice(profile: Profile, settings: Settings, *, changed: bool) -> Iterator[str]:
    prefixes = tuple(f"IBID_{part.upper()}_" for part in PREPARED)
    for name in sorted(name for name in os.environ if name.startswith(prefixes)):
        yield f"the environment's {name} still comes before the file"
    if any(values.get("device") == "cuda" for values in profile.settings.values()):
        from kb.embedding.devices import uses_gpu

        try:
            uses_gpu("cuda")
        except SettingsError as error:
            yield f"this machine cannot use the profile: {error}"
    yield "fetch and prepare the models now: `ibid models --prepare`"
    if changed:
        from kb.catalog.collections import collection_names

        for name in collection_names(settings.home):
            yield f"collection {name} has vectors of the model before: `ibid reembed -c {name}` changes them"
    if profile.chat.command:
        lines = ", ".join(f"model.{key} = {json.dumps(value)}" for key, value in profile.chat.advice.items())
        yield f"for written answers: `{profile.chat.command}`, then set {lines}"


def _prepare(settings: Settings) -> None:
    """Fetches and prepares what the settings name, as far as it is not there."""
    from kb import embedding, entailment, reranking

    if not settings.embedder.base_url:
        embedding.prepare_all(settings.embedder, settings.models_folder, _say)
    if settings.reranker.model and not settings.reranker.base_url:
        reranking.prepare(settings.reranker, settings.models_folder, _say)
    if settings.verifier.kind == "model":
        entailment.prepare(settings.verifier, settings.models_folder, _say)


def _as_json(settings: Settings, profiles: dict[str, Profile]) -> dict[str, Any]:
    listed = {}
    for name, profile in profiles.items():
        states = model_states(with_profile(settings, profile))
        parts = {part: asdict(getattr(profile, part)) for part in PARTS}
        for part in PREPARED:
            parts[part]["here"] = states[part]["here"]
        listed[name] = {"what": profile.what, **parts}
    return {**model_states(settings), "profile": _profile_in_use(settings, profiles), "profiles": listed}


def _profile_in_use(settings: Settings, profiles: dict[str, Profile]) -> str | None:
    names = [name for name, profile in profiles.items() if with_profile(settings, profile) == settings]
    return names[0] if names else None


def _print_all(settings: Settings, profiles: dict[str, Profile]) -> None:
    states = model_states(settings)
    print(f"embedding  {_sentence(states['embedder'], ', or the first use')}")
    if second := states["embedder"]["other_scripts"]:
        ready = "ready" if second["prepared"] else "packaged, prepared by the first text that wants it"
        print(f"           {second['model']}, for scripts other than the Latin: {ready}")
    print(f"reranking  {_sentence(states['reranker']) if states['reranker']['here'] != 'none' else 'none'}")
    print(f"checking   {_checking(states['verifier'])}")
    where = f"at {settings.model.base_url}" if settings.model.base_url else "(quotes from the documents, no model)"
    print(f"answers    {states['chat']['model']} {where}")
    print("\nprofiles (--profile NAME says more, --use NAME writes one into ibid.toml)")
    used = _profile_in_use(settings, profiles)
    for name, profile in profiles.items():
        print(f"{'*' if name == used else ' '} {name:9} {profile.what}")
        states = model_states(with_profile(settings, profile))
        for part in PARTS:
            model: PartProfile = getattr(profile, part)
            here = f" [{states[part]['here']}]" if model.name and part != "chat" else ""
            print(f"    {part:9} {model.name or model.what}{here}")


def _checking(state: dict[str, Any]) -> str:
    if state["kind"] == "words":
        return "words alone"
    if state["kind"] == "packaged":
        return "words, in English with the packaged embedder's vectors"
    kind = {"llm": "as judge", "server": "on a server"}.get(state["kind"])
    return f"{state['model']} {kind} at {state['base_url']}" if kind else _sentence(state, "; until then words decide")


def _sentence(state: dict[str, Any], otherwise: str = "; until then nothing is reranked") -> str:
    if state["here"] == "served":
        return f"{state['model']} at {state['base_url']}"
    if state["prepared"]:
        how = f"{state['runtime']} {state['precision']}, agrees with torch to {state['agreement']:.5f}"
        return f"{state['model']}: {how}, device {state['device']}"
    missing = "fetched, not prepared yet" if state["here"] == "fetched" else "not here yet"
    return f"{state['model']}: {missing} (`ibid models --prepare`{otherwise})"


def _print_profile(profile: Profile, settings: Settings) -> None:
    states = model_states(settings)
    print(f"{profile.name}: {profile.what}")
    for part in PARTS:
        model: PartProfile = getattr(profile, part)
        here = f" [{states[part]['here']}]" if model.name and part != "chat" else ""
        print(f"\n{part}: {model.name or 'none'}{here}")
        for item in fields(model):
            value = getattr(model, item.name)
            if value and item.name not in ("name", "settings", "advice", "alternatives"):
                print(f"  {item.name.replace('_', ' '):19} {_words(value)}")
        for other in model.alternatives:
            print(f"  {'or':19} {other.name}: {other.note}")


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
