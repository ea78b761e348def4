"""GLSL as ISF files have it, written for GL 2, ES or WebGL, made such that GLSL 3.30 core compiles it.

Words are exchanged one for one and no line moves, so a compiler's message fits the file as it was written.
What the exchanged words mean stands in shaders/passes/isf_*.glsl.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.formats.isf.words import Piece, Sort, pieces_of

# How a picture may be read → our function; one that reads a picture of the shader's own begins with isf_own_.
_READERS = {
    "IMG_NORM_PIXEL": "isf_norm_pixel",
    "IMG_PIXEL": "isf_pixel",
    "IMG_THIS_PIXEL": "isf_this_pixel",
    "IMG_THIS_NORM_PIXEL": "isf_this_pixel",
    "IMG_NORM_THIS_PIXEL": "isf_this_pixel",
    "texture": "isf_norm_pixel",
    "texture2D": "isf_norm_pixel",
    "texture2DRect": "isf_pixel",
    "texture2DLod": "isf_lod",
    "texture2DLodEXT": "isf_lod",
    "textureLod": "isf_lod",
    "texelFetch": "isf_texel",
}
_WORDS = {
    "IMG_SIZE": "isf_size",
    "gl_FragColor": "isf_colours[0]",
    "gl_FragData": "isf_colours",
    "gl_FragCoord": "isf_fragment()",
    "isf_FragCoord": "isf_fragment()",
    "vv_FragNormCoord": "isf_FragNormCoord",
    "vv_vertShaderInit": "isf_vertShaderInit",
    "sampler2DRect": "sampler2D",
    "attribute": "in",
}
# Words that GLSL 3.30 keeps for itself and that files use as names.
_RESERVED = frozenset(
    ["active", "asm", "atomic_uint", "buffer", "case", "cast", "centroid", "class", "coherent", "common", "default", "enum", "extern", "external", "filter", "fixed", "flat", "fvec2", "fvec3", "fvec4", "goto", "half", "hvec2", "hvec3", "hvec4", "image1D", "image2D", "image3D", "inline", "input", "interface", "invariant", "long", "namespace", "noinline", "noperspective", "output", "packed", "partition", "patch", "precise", "public", "readonly", "resource", "restrict", "row_major", "sample", "sampler3DRect", "shared", "short", "sizeof", "smooth", "static", "subroutine", "superp", "switch", "template", "this", "typedef", "uint", "union", "unsigned", "using", "volatile", "writeonly"]
)
# Of those, what is meant as GLSL means it in files of a later GLSL.
_LATER = frozenset("case centroid default flat invariant noperspective smooth switch uint".split())  # noqa: SIM905
_LATER_FROM = 130
_DROPPED_DIRECTIVES = frozenset(("version", "extension"))


def glsl_name(name: str) -> str:
    """What an input, target or picture called `name` is called in GLSL."""
    return f"isf_named_{name}" if name in _RESERVED or "__" in name else name


def adapted(text: str, own_pictures: Collection[str], *, is_vertex: bool = False) -> str:
    """`text`, the GLSL of a file, for GLSL 3.30 core; every line stays where it is.

    `own_pictures` are those that do not come from the host: targets of passes and imported ones.
    """
    pieces = list(pieces_of(text))
    kept = _kept_words(pieces)
    written = []
    for index, piece in enumerate(pieces):
        match piece.sort:
            case Sort.COMMENT:
                written.append(" " + "\n" * piece.text.count("\n"))
            case Sort.WORD if piece.text in _READERS and _opens(pieces, index):
                reader = _READERS[piece.text]
                own = _first_argument(pieces, index) in own_pictures
                written.append(reader.replace("isf_", "isf_own_", 1) if own else reader)
            case Sort.WORD if piece.text == "varying":
                written.append("out" if is_vertex else "in")
            case Sort.WORD if piece.text not in kept:
                written.append(_WORDS.get(piece.text) or glsl_name(piece.text))
            case _:
                written.append(piece.text)
    return _without_directives("".join(written))


def _kept_words(pieces: list[Piece]) -> frozenset[str]:
    """The reserved words that this file means as GLSL does, going by the #version that it has."""
    directives = _code(pieces)
    for piece in directives:
        if piece.text == "version":
            number = next(directives, None)
            if number is not None and number.text.isdigit() and int(number.text) >= _LATER_FROM:
                return _LATER
    return frozenset()


def _code(pieces: list[Piece], start: int = 0) -> Iterator[Piece]:
    at = (pieces[index] for index in range(start, len(pieces)))
    return (piece for piece in at if piece.sort not in (Sort.SPACE, Sort.COMMENT))


def _opens(pieces: list[Piece], index: int) -> bool:
    """Whether a bracket follows: the word at `index` is called."""
    following = next(_code(pieces, index + 1), None)
    return following is not None and following.text == "("


def _first_argument(pieces: list[Piece], index: int) -> str:
    """The word that a call's arguments begin with."""
    following = _code(pieces, index + 1)
    next(following, None)
    first = next(following, None)
    return "" if first is None else first.text


def _without_directives(text: str) -> str:
    lines = text.split("\n")
    for index, line in enumerate(lines):
        words = line.replace("#", " ", 1).split(None, 1)
        if line.lstrip().startswith("#") and words and words[0] in _DROPPED_DIRECTIVES:
            lines[index] = ""
    return "\n".join(lines)
