"""Answers as JSON by a schema: a model fills it from the passages, and every value is checked against them."""

from serving.structured.drafting import draft_json
from serving.structured.form import JsonForm

__all__ = ["JsonForm", "draft_json"]
