"""Tests of patients, by their seams."""
