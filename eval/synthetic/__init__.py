"""Questions made from a collection's own passages: by a chat model where there is one, by templates where not."""

from eval.synthetic.making import Synthesis, synthesise

__all__ = ["Synthesis", "synthesise"]
