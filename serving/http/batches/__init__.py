"""Files of requests that are worked off in the background."""
