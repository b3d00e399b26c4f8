"""Reports and letters, issued once."""
