"""Tests of exchange, by their seams."""
