"""What ``make bench`` measures: each figure beside a reference of the same run."""
