"""GLSL as ISF files have it, written for GL 2, ES or WebGL, made such that GLSL 3.30 core compiles it.

Words are exchanged and no line moves, so a compiler's message fits the file as it was written. What the exchanged words
mean stands in shaders/passes/isf_*.glsl.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.formats.isf.sampler_functions import SamplerFunction, aliases, argument_words, sampler_functions
from engine.formats.isf.statements import (
    FUNCTIONS,
    blank_declared,
    drop_wrong_consts,
    fragment_output,
    powers_as_c,
    return_floats,
)
from engine.formats.isf.words import Piece, Sort, next_code, pieces_of, pieces_of_directive

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
    "texture2DGradEXT": "isf_gradient",
    "texture2DGradARB": "isf_gradient",
    "textureGrad": "isf_gradient",
    "texture2DProj": "isf_projected",
    "textureProj": "isf_projected",
    "textureOffset": "isf_offset",
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
# What the first hosts declared beside each picture, and some files use.
_BESIDE_A_PICTURE = re.compile(r"_(\w+)_(imgRect|imgSize|flip)")
_BESIDE = {"imgRect": "vec4(0.0, 0.0, isf_size({}))", "imgSize": "isf_size({})", "flip": "false"}
# Words that GLSL 3.30 keeps for itself and that files use as names.
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        active asm atomic_uint buffer cast class coherent common enum extern external filter fixed fvec2 fvec3 fvec4
        goto half hvec2 hvec3 hvec4 image1D image2D image3D inline input interface long namespace noinline output
        packed partition patch precise public readonly resource restrict row_major sample sampler3DRect shared short
        sizeof static subroutine superp template this typedef union unsigned using volatile writeonly
        """,
    )
)
# These are names unless they stand where GLSL has them.
_QUALIFIERS = frozenset(("centroid", "flat", "invariant", "noperspective", "smooth"))
_SWITCHES = frozenset(("case", "default", "switch"))
_KEPT = _RESERVED | _QUALIFIERS | _SWITCHES | FUNCTIONS
_MACROS = frozenset(("__FILE__", "__LINE__", "__VERSION__"))
_DROPPED_DIRECTIVE = re.compile(r"\s*#\s*(?:version|extension|line)\b")


def glsl_name(name: str) -> str:
    """What an input, target or picture called `name` is called in GLSL."""
    is_kept = name in _KEPT or ("__" in name and name not in _MACROS)
    return f"isf_named_{name}" if is_kept else name


@dataclass(frozen=True, slots=True)
class _Names:
    """What the words of a file become. `functions` are those of its own that are handed pictures, by name: at which
    places of their arguments the first may stand, as one name may be that of several."""

    words: Mapping[str, str]
    own_pictures: frozenset[str]
    readers: Mapping[str, str]
    functions: Mapping[str, set[int]]


def adapted(text: str, declared: Collection[str], own_pictures: Collection[str], *, is_vertex: bool = False) -> str:
    """`text`, the GLSL of a file, for GLSL 3.30 core; every line stays where it is.

    `declared` are the names that the header declares; `own_pictures` those of them that do not come from the host:
    targets of passes and imported ones. A function that is handed pictures is there twice: for the host's, and for the
    shader's own under the name isf_mine_NAME.
    """
    pieces = [_plain(piece) for piece in pieces_of(text)]
    blank_declared(pieces, declared)
    drop_wrong_consts(pieces)
    return_floats(pieces)
    powers_as_c(pieces)
    words = _WORDS | {"varying": "out" if is_vertex else "in"} | {name: glsl_name(name) for name in declared}
    if not is_vertex:
        words |= dict.fromkeys(fragment_output(pieces), words["gl_FragColor"])
    if not any(piece.text == "switch" and next_code(pieces, i + 1).text == "(" for i, piece in enumerate(pieces)):
        words |= {word: glsl_name(word) for word in _SWITCHES}
    functions = sampler_functions(pieces) if own_pictures else ()
    readers = _READERS | {name: _READERS[read] for name, read in aliases(pieces, _READERS).items()}
    positions: defaultdict[str, set[int]] = defaultdict(set)
    for one in functions:
        positions[one.name].add(one.position)
    names = _Names(words, frozenset(own_pictures), readers, positions)
    twins = {one.last: _twin(pieces, one, names) for one in functions}
    return "".join(_written(pieces, index, names) + twins.get(index, "") for index in range(len(pieces)))


def _twin(pieces: Sequence[Piece], function: SamplerFunction, names: _Names) -> str:
    """The function once more, in no line of its own, with the shader's own pictures for its arguments."""
    inside = replace(names, own_pictures=names.own_pictures | function.samplers | {"sampler2D", "sampler2DRect"})
    written = (_written(pieces, index, inside) for index in range(function.first, function.last + 1))
    return " " + "".join(written).replace("\n", " ")


def _plain(piece: Piece) -> Piece:
    """The piece without what only some compilers read: comments, letters that are not ASCII, directives to others."""
    if piece.sort in (Sort.COMMENT, Sort.SPACE):
        # Line ends first: one may follow the backslash of a directive that goes on.
        return Piece(Sort.SPACE, "\n" * piece.text.count("\n") + " ")
    if piece.sort is Sort.DIRECTIVE and _DROPPED_DIRECTIVE.match(piece.text):
        return Piece(Sort.SPACE, "\n" * piece.text.count("\n"))
    if piece.sort is Sort.SIGN and not piece.text.isprintable():
        return Piece(Sort.SPACE, " ")  # the invisible signs that a web page leaves in what is copied
    return piece


def _written(pieces: Sequence[Piece], index: int, names: _Names) -> str:
    """The piece at `index` as it is compiled."""
    piece = pieces[index]
    if piece.sort is Sort.DIRECTIVE:
        inside = list(pieces_of_directive(piece.text))
        return "".join(_written(inside, at, names) for at in range(len(inside)))
    return _word(pieces, index, names) if piece.sort is Sort.WORD else piece.text


def _word(pieces: Sequence[Piece], index: int, names: _Names) -> str:
    word, words = pieces[index].text, names.words
    following = next_code(pieces, index + 1)
    if word in names.readers and following.text == "(":
        reader = names.readers[word]
        is_own = not names.own_pictures.isdisjoint(argument_words(pieces, index, {0}))
        return reader.replace("isf_", "isf_own_", 1) if is_own else reader
    if word in names.functions and following.text == "(":
        is_own = not names.own_pictures.isdisjoint(argument_words(pieces, index, names.functions[word]))
        return f"isf_mine_{word}" if is_own else words.get(word) or glsl_name(word)
    if word in FUNCTIONS and (following.text == "(" or word not in words):
        return word
    if beside := _BESIDE_A_PICTURE.fullmatch(word):
        return _BESIDE[beside[2]].format(glsl_name(beside[1]))
    if word in _SWITCHES or (word in _QUALIFIERS and following.sort is Sort.WORD):
        return words.get(word, word)
    return words.get(word) or glsl_name(word)
