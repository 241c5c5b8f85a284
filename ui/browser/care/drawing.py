"""What the lists of the page Look after are given to draw: plain data, no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.browser.api.care_replies import Change, Health, Key, Storage
from ui.browser.api.file_replies import CollectionSummary
from ui.browser.figures import minute_in, moment_of, size_in
from ui.browser.labels import joined
from ui.browser.plain import seen
from ui.browser.wording import Words

Json = dict[str, Any]


def health_data(health: Health, words: Words) -> Json:
    """Whether the server can answer, what waits, and which models answer."""
    good = {"ready": "good", "degraded": "middling"}.get(health.status, "bad")
    state = _known(f"health_{health.status}", health.status, words)
    reasons = [_known(f"reason_{code}", message, words) for code, message in health.reasons]
    profile = words("profile", name=seen(health.profile)) if health.profile else words("profile_own")
    queue = joined(words("queue_waiting", count=health.waiting), words("queue_failed", count=health.failed))
    return _records(
        [
            _record(words("health_server"), notes=reasons, state=state, mood=good),
            _record(words("health_queue"), facts=queue),
            _record(words("health_models"), facts=profile),
            *(
                _record(words(f"model_{part}"), facts=_model_name(name, words), inner=True)
                for part, name in health.models
            ),
            _record(words("health_limit"), facts=size_in(health.max_file_mb * 1_000_000)),
        ],
        words,
    )


def keys_data(keys: Sequence[Key], words: Words) -> Json:
    """The server's keys; each can be revoked."""
    records = []
    for key in keys:
        rights = words("between").join(_known(f"right_{right}", right, words) for right in key.rights)
        collections = words("between").join(map(seen, key.collections)) or words("key_all")
        used = minute_in(moment_of(key.last_used_at), words)
        expires = minute_in(moment_of(key.expires_at), words)
        facts = joined(
            words("key_used", when=used) if used else words("key_unused"),
            words("key_expires", when=expires) if expires else "",
            words("key_made", when=minute_in(moment_of(key.created_at), words)),
        )
        named = words("revoke_named", name=seen(key.name))
        action = {"id": key.id, "label": words("revoke"), "described": named}
        valid = key.state == "valid"
        records.append(
            _record(
                seen(key.name),
                facts=joined(rights, collections),
                more=facts,
                state="" if valid else words("key_expired"),
                mood="bad",
                action=action,
            )
        )
    return _records(records, words)


def changes_data(changes: Sequence[Change], names: Mapping[str, str], words: Words) -> Json:
    """Entries of the audit log. `names` are those of keys, by their ids."""
    records = []
    for change in changes:
        actor = names.get(change.actor) or _known(f"actor_{change.actor}", change.actor, words)
        action = _known(f"audit_{change.action.replace('.', '_')}", change.action, words)
        facts = joined(minute_in(change.at, words), seen(actor), seen(change.collection))
        records.append(_record(action, facts=facts, more=seen(change.subject), state=f"#{change.number}"))
    return _records(records, words)


def storage_data(storage: Storage, collections: Sequence[CollectionSummary], words: Words) -> Json:
    """What the disk holds, each collection with its policy."""
    known = {collection.name: collection for collection in collections}
    low = storage.free < storage.least_free
    records = [
        _record(
            words("storage_free"),
            facts=words("storage_of", free=size_in(storage.free), total=size_in(storage.total)),
            notes=[words("reason_disk_full")] if low else [],
            share=1 - storage.free / storage.total if storage.total else 0.0,
        ),
        _record(words("storage_home"), facts=size_in(storage.home)),
    ]
    for name, title, size in sorted(storage.collections, key=lambda one: -one[2]):
        collection = known.get(name)
        documents = words.count("documents_count", collection.documents) if collection else ""
        policy = words("storage_strict" if collection.strict else "storage_flag") if collection else ""
        share = size / storage.home if storage.home else 0.0
        facts = joined(size_in(size), documents, policy)
        records.append(_record(seen(title or name), facts=facts, share=share, inner=True))
    return _records(records, words)


def appearance_data(paths: Sequence[str], words: Words, *, losing: bool) -> Json:
    """The choice between light and dark. `paths` are those of the app's pages; `losing`: answers nobody keeps go."""
    return {
        "lang": words("html_language"),
        "legend": words("theme"),
        "choices": [[name, words(f"theme_{name.lower()}")] for name in ("System", "Light", "Dark")],
        "paths": list(paths),
        "when": words("theme_when_losing" if losing else "theme_when"),
        "load": words("theme_load"),
        "not_stored": words("theme_not_stored"),
    }


def _records(records: list[Json], words: Words) -> Json:
    return {"lang": words("html_language"), "records": records}


def _record(
    title: str,
    *,
    facts: str = "",
    more: str = "",
    notes: Sequence[str] = (),
    state: str = "",
    mood: str = "",
    share: float | None = None,
    action: Json | None = None,
    inner: bool = False,
) -> Json:
    """One row. `share` of a bar, from 0 to 1; `inner` rows belong to the one above."""
    return {
        "title": title,
        "lines": [line for line in (facts, more) if line],
        "notes": list(notes),
        "state": state,
        "mood": mood,
        "share": -1 if share is None else min(1.0, max(0.0, share)),
        "action": action,
        "inner": inner,
    }


def _known(key: str, otherwise: str, words: Words) -> str:
    return words(key) if key in words.strings else seen(otherwise)


def _model_name(name: str, words: Words) -> str:
    return _known(f"model_is_{name}", name, words) if name else words("model_none")
