"""Tests of accounts, by their seams."""
