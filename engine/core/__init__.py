"""Decisions, pure: the standard library, numpy and pydantic only. Nothing here reads a clock or a file."""
