"""Opening a prepared verifier's model; the fast runtimes without torch and transformers."""

from __future__ import annotations

from kb.embedding.devices import uses_gpu
from kb.embedding.manifest import Preparation
from kb.embedding.opening import TOKENIZER, check_opened, source_of
from kb.entailment.reading import EntailmentReader, reader_over
from kb.entailment.tokens import EVIDENCE, SENTENCE
from kb.errors import ModelError, SettingsError
from kb.settings import VerifierSettings

AUTO = "auto"  # as the model's own files say


def open_prepared(preparation: Preparation, settings: VerifierSettings) -> EntailmentReader:
    """The model of `preparation`: on a GPU where the settings want one, else as it was prepared.

    Raises:
        ModelError: its files are damaged or gone, or torch cannot load the model.
        SettingsError: what its labels mean cannot be told, or the template is none.
    """
    labels, template = labels_and_template(settings)
    on_gpu = uses_gpu(settings.device, "verifier")
    if on_gpu or preparation.runtime == "torch":
        return open_through_torch(preparation, settings, "cuda" if on_gpu else "cpu")
    try:
        written = (preparation.folder / TOKENIZER).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"cannot open the prepared model in {preparation.folder}", str(error)) from error
    return reader_over(preparation.facts, written, check_opened(preparation, settings.threads), labels, template)


def open_through_torch(preparation: Preparation, settings: VerifierSettings, device: str) -> EntailmentReader:
    """The model through torch: on a GPU in bfloat16 where that gives the same probabilities, else in float32.

    Raises:
        ModelError: torch cannot load the model.
    """
    from kb.embedding.gpu import halved_where_it_agrees
    from kb.entailment.classifiers import VERIFIERS, TorchRuntime, load_classifier, tokenizer_of

    source = source_of(preparation, "verifier")
    if device == "cpu":
        chain = load_classifier(source)
    else:
        chain = halved_where_it_agrees(lambda: load_classifier(source, device=device), preparation.facts, VERIFIERS)
    return reader_over(preparation.facts, tokenizer_of(chain), TorchRuntime(chain), *labels_and_template(settings))


def labels_and_template(settings: VerifierSettings) -> tuple[str | None, str | None]:
    """What the settings say instead of the model's files; None where they leave it to them.

    Raises:
        SettingsError: the template does not say where the text and the sentence go.
    """
    template = None if settings.template == AUTO else settings.template
    if template and (template.count(SENTENCE) != 1 or template.count(EVIDENCE) != 1):
        raise SettingsError(
            f"setting verifier.template is {template!r}", f"it must hold {EVIDENCE} and {SENTENCE}, once each"
        )
    return None if settings.labels == AUTO else settings.labels, template
