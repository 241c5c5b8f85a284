"""Files as they come in, whole or in parts, until they expire or are deleted."""
