"""The words of everything but answers and nudges themselves: what people are shown on every platform alike."""
