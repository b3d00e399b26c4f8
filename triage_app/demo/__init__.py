"""A made-up clinic: drawn dermoscopic images with a known hidden truth, and a year of work on them.

Everything it stores is marked as synthetic. No picture is a photograph of anybody.
"""
