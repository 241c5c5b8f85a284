"""The parsers' version: raise it when files are read differently; every file is then read anew when next ingested."""

PARSER_VERSION = "parsers-2"
