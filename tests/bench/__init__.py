"""Benchmarks: `nox -s bench`. They print figures and ratios from one run, and test nothing."""
