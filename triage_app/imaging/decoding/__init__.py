"""Decoding in a process with limits."""
