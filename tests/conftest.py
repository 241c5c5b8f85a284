"""What every test gets: a home of its own, and no way to a model server or a hub by accident."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import kb.embedding
from kb.embedding import prepare_all
from kb.settings import EmbedderSettings

# An example takes as long as the machine lets it: on a busy one, a fifth of a second is no fault of what is tested.
settings.register_profile("ibid", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ibid")


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings and collections of whoever runs it."""
    monkeypatch.setenv("IBID_HOME", str(tmp_path / "home"))
    for name in (
        "IBID_COLLECTION",
        "IBID_MODEL_BASE_URL",
        "IBID_MODEL_NAME",
        "IBID_MODEL_API_KEY",
        "IBID_VERIFIER_KIND",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def prepared_models(request: pytest.FixtureRequest) -> Path:
    """The packaged embedding models, prepared once for all tests that need the real ones.

    Preparing takes a minute of both cores, so they are kept for the next run, as long as what prepares them stays.
    """
    assert request.config.cache is not None
    sources = sorted(Path(kb.embedding.__file__).parent.glob("*.py"))
    made_by = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    folder = Path(request.config.cache.mkdir(f"models-{made_by}"))
    prepare_all(EmbedderSettings(), folder)
    return folder
