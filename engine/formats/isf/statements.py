"""What GLSL 3.30 takes more exactly than the compilers that ISF files were written with, put right in their pieces.

Each function works on the pieces of one file, without comments, and keeps their line ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from engine.formats.isf.words import Piece, Sort, pieces_of_directive

# What the host declares by itself, beside the header's names.
_HOSTS = frozenset(("TIME", "TIMEDELTA", "FRAMEINDEX", "PASSINDEX", "RENDERSIZE", "DATE", "isf_FragNormCoord")) | {
    "isf_FragCoord",
    "vv_FragNormCoord",
}
_PRECISIONS = frozenset(("lowp", "mediump", "highp"))
# The functions of GLSL that files call, as far as they make constants of constants.
FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        """
        radians degrees sin cos tan asin acos atan pow exp log exp2 log2 sqrt inversesqrt abs sign floor ceil fract mod
        min max clamp mix step smoothstep length distance dot cross normalize reflect refract transpose not any all
        equal notEqual lessThan greaterThan
        """,
    )
)
_TYPES = frozenset(
    re.findall(
        r"\w+",
        "float int uint bool vec2 vec3 vec4 ivec2 ivec3 ivec4 uvec2 uvec3 uvec4 bvec2 bvec3 bvec4 mat2 mat3 mat4",
    )
)
# What a constant may be made of, beside constants.
_CONSTANT_WORDS = FUNCTIONS | _TYPES | _PRECISIONS | {"true", "false"}
_DEFINE = re.compile(r"\s*#\s*define\s+(\w+)(\([^)]*\))?", re.DOTALL)
_SIGNS = frozenset("+-*/%?:()<>=!&|")  # between numbers
_LONGEST_VALUE = 60  # pieces: no text without end makes it slow
_WHOLE_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of a statement: its index, and how deep it lies in braces and in brackets."""

    index: int
    braces: int
    brackets: int


def blank_declared(pieces: list[Piece], declared: Collection[str]) -> None:
    """Take out global declarations of what is declared already: `uniform float TIME;`."""
    for statement in _globals(pieces, ("uniform", "varying", "in")):
        words = [pieces[at].text for at in statement if pieces[at].text not in _PRECISIONS]
        names = [word for word in words[2:] if word not in (",", ";")]
        if names and all(name in _HOSTS or name in declared for name in names):
            _blank(pieces, statement)


def fragment_output(pieces: list[Piece]) -> tuple[str, ...]:
    """The names of a file's own output (`layout(location = 0) out vec4 colour;`), whose declaration is taken out: they
    are gl_FragColor."""
    names = []
    for statement in _globals(pieces, ("out", "layout")):
        words = [pieces[at].text for at in statement if pieces[at].text not in _PRECISIONS]
        if words[0] == "layout":
            words = words[words.index(")") + 1 :] if ")" in words else []
        if words[:1] != ["out"]:
            continue
        if len(words) == 4 and words[1] == "vec4":
            names.append(words[2])
            _blank(pieces, statement)
    return tuple(names)


def drop_wrong_consts(pieces: list[Piece]) -> None:
    """Take `const` from what is not one to GLSL 3.30: what is made of uniforms, variables and functions of the file."""
    constants = set(_CONSTANT_WORDS)
    code = list(code_of(pieces))
    at_code = {one.index: number for number, one in enumerate(code)}
    done = -1
    for index, piece in enumerate(pieces):
        if piece.sort is Sort.DIRECTIVE:
            constants |= _constant_macro(piece.text, constants)
        elif piece.text == "const" and index > done and code[at_code[index]].brackets == 0:
            statement = _until_semicolon(pieces, code, at_code[index])
            done = statement[-1]
            names, used = _names_and_words(pieces, statement)
            if used <= constants:
                constants |= names
            else:
                constants -= names
                piece.text = ""


def return_floats(pieces: list[Piece]) -> None:
    """Write `return 0;` as `return 0.0;`, and `return a ? 1 : n;` as `return float(a ? 1 : n);`, in a function that
    gives a float."""
    code = list(code_of(pieces))
    kind = returned = ""
    for number, one in enumerate(code):
        text = pieces[one.index].text
        if one.braces == 0 and one.brackets == 0 and text == "(" and number >= 2:
            kind = pieces[code[number - 2].index].text
        elif text == "{" and one.braces == 0:
            returned = kind
        elif text == "return" and returned == "float":
            value = code[number + 1 : number + 4]
            texts = [pieces[part.index].text for part in value]
            place = 1 if texts[:1] == ["-"] else 0
            if len(texts) > place + 1 and texts[place + 1] == ";" and _WHOLE_NUMBER.fullmatch(texts[place]):
                pieces[value[place].index].text += ".0"
            else:
                _as_float(pieces, [part.index for part in code[number : number + _LONGEST_VALUE]])


def _as_float(pieces: Sequence[Piece], statement: Sequence[int]) -> None:
    """Write `float(…)` around what a `return`, with which `statement` begins, gives, if that may be a whole number:
    names, whole numbers and signs between them."""
    value = []
    for index in statement[1:]:
        if pieces[index].text == ";":
            break
        value.append(index)
    else:
        return  # it has no end within reach
    is_name = False
    for piece in (pieces[index] for index in value):
        is_call = is_name and piece.text == "("
        is_whole = piece.sort is not Sort.NUMBER or _WHOLE_NUMBER.fullmatch(piece.text)
        if is_call or not is_whole or (piece.sort is Sort.SIGN and piece.text not in _SIGNS):
            return
        is_name = piece.sort is Sort.WORD
    if value and not any(piece.sort is Sort.DIRECTIVE for piece in pieces[statement[0] : value[-1]]):
        pieces[value[0]].text = f"float({pieces[value[0]].text}"
        pieces[value[-1]].text += ")"


def powers_as_c(pieces: list[Piece]) -> None:
    """Write `isf_pow(` for `pow(` where functions calculate, unless the file has a `pow` of its own. Constants keep it:
    they can be made of GLSL's functions alone."""
    calls: list[Piece] = []
    is_const, before = False, Piece(Sort.SPACE, "")
    for one in code_of(pieces):
        piece = pieces[one.index]
        if piece.text == "const" and one.brackets == 0:
            is_const = True
        elif piece.text == ";":
            is_const = False
        elif piece.text == "pow" and one.braces == 0 and before.sort is Sort.WORD:
            return
        elif piece.text == "pow" and one.braces > 0 and not is_const:
            calls.append(piece)
        before = piece
    for piece in calls:
        piece.text = "isf_pow"


def code_of(pieces: Sequence[Piece]) -> Iterator[Code]:
    """The pieces that are part of statements, in order."""
    braces = brackets = 0
    for index, piece in enumerate(pieces):
        if not piece.is_code:
            continue
        if piece.text in ("}", ")"):
            braces -= piece.text == "}"
            brackets -= piece.text == ")"
        yield Code(index, braces, brackets)
        if piece.text in ("{", "("):
            braces += piece.text == "{"
            brackets += piece.text == "("


def _globals(pieces: list[Piece], first_words: Collection[str]) -> Iterator[list[int]]:
    """The global statements that begin with one of these words: the indices of their pieces, with the semicolon."""
    code = list(code_of(pieces))
    before, done = ";", -1
    for number, one in enumerate(code):
        text = pieces[one.index].text
        if one.index <= done:
            continue
        if text in first_words and before in (";", "}") and one.braces == one.brackets == 0:
            statement = _until_semicolon(pieces, code, number)
            done, text = statement[-1], ";"
            yield statement
        before = text


def _until_semicolon(pieces: Sequence[Piece], code: Sequence[Code], number: int) -> list[int]:
    found = []
    for at in range(number, len(code)):
        found.append(code[at].index)
        if pieces[found[-1]].text == ";":
            break
    return found


def _blank(pieces: Sequence[Piece], indices: Sequence[int]) -> None:
    for index in indices:
        pieces[index].text = ""


def _names_and_words(pieces: Sequence[Piece], statement: Sequence[int]) -> tuple[set[str], set[str]]:
    """What a `const` statement declares, and which words its values are made of."""
    texts = [(pieces[index].text, pieces[index].sort) for index in statement[1:]]
    texts = texts[1:] if texts and texts[0][0] in _PRECISIONS else texts
    names: set[str] = set()
    used: set[str] = set()
    depth, is_value, before = 0, False, ""
    for text, sort in texts[1:]:
        depth += (text in "([{") - (text in ")]}") if sort is Sort.SIGN else 0
        if depth == 0 and text in (",", "="):
            is_value = text == "="
        elif sort is Sort.WORD and before != ".":
            (used if is_value or depth else names).add(text)
        before = text
    return names, used


def _constant_macro(directive: str, constants: Collection[str]) -> set[str]:
    """The macro that a directive defines, if it stands for what is constant."""
    found = _DEFINE.match(directive)
    if found is None:
        return set()
    parameters = {piece.text for piece in pieces_of_directive(found[2] or "") if piece.sort is Sort.WORD}
    words, before = set(), ""
    for piece in pieces_of_directive(directive[found.end() :]):
        if piece.sort is Sort.WORD and before != ".":
            words.add(piece.text)
        before = piece.text
    return {found[1]} if words <= parameters | set(constants) else set()
