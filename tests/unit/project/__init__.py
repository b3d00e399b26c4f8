"""Tests of project, piece by piece."""
