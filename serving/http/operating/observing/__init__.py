"""What the operator of a server sees of it: metrics, a log line for each request, traces. No text, name or key."""
