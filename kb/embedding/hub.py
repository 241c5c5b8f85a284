"""Models known by a hub name: where their files are, and whether they can be fetched."""

from __future__ import annotations

from pathlib import Path

from kb.embedding.sources import ModelSource
from kb.errors import ModelError

_REACH_SECONDS = 10  # the hub answers within one where it can be reached; its library would retry for over a minute


def hub_folder(source: ModelSource) -> Path:
    """The folder in which the hub's own library keeps the fetched files of a model.

    Raises:
        ModelError: they were not fetched.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(source.hub_name, local_files_only=True))
    except Exception as error:  # the hub's library has a tree of its own kinds
        raise ModelError(f"cannot find the files of {source.name}", str(error).partition("\n")[0]) from error


def has_weights(source: ModelSource) -> bool:
    """Whether the hub model was fetched whole, weights and all. Asks nobody."""
    try:
        folder = hub_folder(source)
    except ModelError:
        return False
    return any(folder.rglob("*.safetensors")) or any(folder.rglob("pytorch_model*.bin"))


def place_to_load(source: ModelSource) -> str:
    """What sentence-transformers should load: the fetched folder where it is complete, else the name, to be fetched.

    Raises:
        ModelError: it was not fetched, and the hub cannot be reached or does not know it.
    """
    from huggingface_hub import model_info

    if has_weights(source):
        return str(hub_folder(source))
    try:
        model_info(source.hub_name, timeout=_REACH_SECONDS)
    except Exception as error:  # connection, certificate, permission, unknown name: all the library's own kinds
        raise ModelError(
            f"cannot fetch the {source.section}'s model {source.name}",
            str(error).partition("\n")[0] or type(error).__name__,
            f"Set {source.setting} to a folder that holds it, or fetch it once while the model hub can be reached "
            f"(`hf download {source.hub_name}`)",
        ) from error
    return source.hub_name
