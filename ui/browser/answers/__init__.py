"""Ask: a conversation, its answers and what can be done with them."""
