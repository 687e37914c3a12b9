"""Slack: what its events, commands and buttons say, and how cards look there."""
