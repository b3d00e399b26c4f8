"""Tests of domain, piece by piece."""
