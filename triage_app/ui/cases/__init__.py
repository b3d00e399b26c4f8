"""Pages on which cases come in and are found again."""
