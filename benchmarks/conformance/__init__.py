"""What of OpenAI's published API the server offers, measured operation by operation and written as a table."""
