"""Measures any floor below: question sets, metrics, intervals."""
