"""Metrics: one small file each, with its formula and where it comes from."""
