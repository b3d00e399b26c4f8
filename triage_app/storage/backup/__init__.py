"""Archives of all that is stored, and the way back."""
