"""Models known by a hub name: where their files are, and whether they can be fetched."""

from __future__ import annotations

from pathlib import Path

from kb.errors import ModelError

_REACH_SECONDS = 10  # the hub answers within one where it can be reached; its library would retry for over a minute


def hub_folder(name: str) -> Path:
    """The folder in which the hub's own library keeps the fetched files of a model.

    Raises:
        ModelError: they were not fetched.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(_full_name(name), local_files_only=True))
    except Exception as error:  # the hub's library has a tree of its own kinds
        raise ModelError(f"cannot find the files of {name}", str(error).partition("\n")[0]) from error


def place_to_load(name: str) -> str:
    """What sentence-transformers should load: the fetched folder where it is complete, else the name, to be fetched.

    Raises:
        ModelError: it was not fetched, and the hub cannot be reached or does not know it.
    """
    from huggingface_hub import model_info

    try:
        folder = hub_folder(name)
        if any(folder.rglob("*.safetensors")) or any(folder.rglob("pytorch_model*.bin")):
            return str(folder)
    except ModelError:
        pass  # not here yet
    try:
        model_info(_full_name(name), timeout=_REACH_SECONDS)
    except Exception as error:  # connection, certificate, permission, unknown name: all the library's own kinds
        raise ModelError(
            f"cannot fetch the embedding model {name}",
            str(error).partition("\n")[0] or type(error).__name__,
            "Set embedder.model to a folder that holds it, or fetch it once while the model hub can be reached",
        ) from error
    return name


def _full_name(name: str) -> str:
    return name if "/" in name else f"sentence-transformers/{name}"
