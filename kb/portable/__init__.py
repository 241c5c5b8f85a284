"""A collection as one file: documents, passages, vectors and the original bytes, to be opened elsewhere as it is."""

from kb.portable.exporting import export_collection
from kb.portable.importing import import_collection

__all__ = ["export_collection", "import_collection"]
