"""What the services ask for, by subject."""
