"""What the words of the best passages say about a question, beyond how often they occur: no model needed."""
