"""What is true now: record tables folded from facts by compiled code."""
