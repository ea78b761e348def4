"""Shader files in ISF, version 2.0 and 1: a JSON header in a comment, then GLSL (https://github.com/mrRay/ISF_Spec).

`read_isf` gives a file as a value, `Isf`: inputs, passes, pictures that come with it, and its GLSL as it was written.
Making that GLSL compile is `engine.gl`'s. Any thread.
"""

from engine.formats.isf.document import Imported, Isf, IsfPass
from engine.formats.isf.reader import parse_isf, read_isf, vertex_files
from engine.formats.isf.sizes import size_px

__all__ = ["Imported", "Isf", "IsfPass", "parse_isf", "read_isf", "size_px", "vertex_files"]
