"""The only way to the server: requests, replies as types, failures by kind."""
