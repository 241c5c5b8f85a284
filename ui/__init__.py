"""The faces for people: the terminal and the browser."""
