"""What the services ask of storage, documents and backups, for these to fulfil."""
