"""The playground: a page that looks like a chat, as a third platform beside Slack and Teams. Everything stays in memory."""
