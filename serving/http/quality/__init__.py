"""How good answers are: a collection's own questions, their runs, and what people thought."""
