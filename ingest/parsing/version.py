"""The parsers' version: raise it when they read files differently, and every file is read anew at its next ingestion."""

PARSER_VERSION = "parsers-1"
