"""Tests of report, piece by piece."""
