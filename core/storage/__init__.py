"""What outlives a process: cohorts, and nothing that anybody wrote in a channel."""
