"""Tests of services, piece by piece."""
