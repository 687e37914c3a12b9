"""Answering questions: gate, rank, resolve, compose."""
