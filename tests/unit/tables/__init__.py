"""Tests of tables, piece by piece."""
