"""From a question to a checked, cited answer, and from there to HTTP. Blind to how files came in."""
