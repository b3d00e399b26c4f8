"""Use cases: triage an image, review a case, issue a report; adapters are seen through ports."""
