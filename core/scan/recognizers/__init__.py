"""One recognizer per file, in Presidio's own style: patterns, context, at most one check."""
