"""The player: from a show and a clip library to pictures, on stage and to a file."""

__version__ = "0.1.0"
