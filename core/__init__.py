"""The engine: reads questions and messages, decides, and knows nothing of any chat platform."""
