"""Scanning messages: spans by Presidio and our recognizers, stories and acts by a learned classifier."""
