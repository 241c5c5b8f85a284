"""Look after: health, storage, keys, and what was changed by whom."""
