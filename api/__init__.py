"""The HTTP API for form systems: who may ask, what they get, and the page on which an official sees it."""
