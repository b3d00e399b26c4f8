"""Tests of statistics, piece by piece."""
