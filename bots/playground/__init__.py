"""The playground: a page that looks like a chat, a platform beside Slack and Teams; its messages live in memory alone."""
