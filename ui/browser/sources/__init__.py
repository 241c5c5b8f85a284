"""The source beside an answer or a result: a page with the words marked, or the text around them."""
