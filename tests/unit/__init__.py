"""Tests of single pieces, by package."""
