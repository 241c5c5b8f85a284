"""Rules of text in both languages: sentences, folding, numerals, search tokens, language."""
