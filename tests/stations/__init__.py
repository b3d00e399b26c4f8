"""Whole applications and servers to test against."""
