"""Cases: shown, changed, revealed, erased, and their drafts."""
