"""Check: a collection's own questions, evaluations of it, and what people thought of answers."""
