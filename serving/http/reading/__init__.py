"""Documents, their pages and passages, and kept conversations, for people to look at."""
