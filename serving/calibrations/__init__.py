"""Calibrations that come with ibid."""
