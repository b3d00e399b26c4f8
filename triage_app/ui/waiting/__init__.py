"""What waits for somebody: worklist and recall."""
