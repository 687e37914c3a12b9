"""The curated knowledge base: its types, how it is loaded, and the rules it must keep."""
