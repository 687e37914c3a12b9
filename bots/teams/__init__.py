"""Teams: what its activities say, and how cards look there; Microsoft's SDK is known here alone."""
