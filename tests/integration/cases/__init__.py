"""Tests of cases, by their seams."""
