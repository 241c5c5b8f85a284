"""Find: plain search with filters."""
