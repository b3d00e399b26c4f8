"""Signing in and out, passwords and codes."""
