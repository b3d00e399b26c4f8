"""Rows to records of the domain and back."""
