"""The manners of a nudge: when to speak, when to stay quiet, and what little is remembered of it."""
