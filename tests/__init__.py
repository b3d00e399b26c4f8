"""Tests of the workstation; shared generators live beside the three folders."""
