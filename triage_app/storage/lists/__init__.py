"""Lists, search, counts, and places in them."""
