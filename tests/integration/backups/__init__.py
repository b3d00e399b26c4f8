"""Tests of backups, by their seams."""
