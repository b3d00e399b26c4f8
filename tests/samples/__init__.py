"""Generators of pictures, cases and models."""
