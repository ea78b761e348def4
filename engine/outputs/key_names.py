"""The names of keys, as bindings write them: `space`, `left`, `f1`, `a`, `7`, `minus`."""

from __future__ import annotations

import glfw

_PUNCTUATION = {
    "-": "minus",
    "=": "equal",
    ",": "comma",
    ".": "period",
    "/": "slash",
    ";": "semicolon",
    "'": "apostrophe",
    "[": "left_bracket",
    "]": "right_bracket",
    "\\": "backslash",
    "`": "grave",
}
_NAMED = {
    glfw.KEY_SPACE: "space",
    glfw.KEY_ESCAPE: "escape",
    glfw.KEY_ENTER: "enter",
    glfw.KEY_TAB: "tab",
    glfw.KEY_BACKSPACE: "backspace",
    glfw.KEY_INSERT: "insert",
    glfw.KEY_DELETE: "delete",
    glfw.KEY_LEFT: "left",
    glfw.KEY_RIGHT: "right",
    glfw.KEY_UP: "up",
    glfw.KEY_DOWN: "down",
    glfw.KEY_PAGE_UP: "page_up",
    glfw.KEY_PAGE_DOWN: "page_down",
    glfw.KEY_HOME: "home",
    glfw.KEY_END: "end",
    glfw.KEY_PAUSE: "pause",
    glfw.KEY_LEFT_SHIFT: "left_shift",
    glfw.KEY_RIGHT_SHIFT: "right_shift",
    glfw.KEY_LEFT_CONTROL: "left_control",
    glfw.KEY_RIGHT_CONTROL: "right_control",
    glfw.KEY_LEFT_ALT: "left_alt",
    glfw.KEY_RIGHT_ALT: "right_alt",
    glfw.KEY_KP_DECIMAL: "keypad_decimal",
    glfw.KEY_KP_DIVIDE: "keypad_divide",
    glfw.KEY_KP_MULTIPLY: "keypad_multiply",
    glfw.KEY_KP_SUBTRACT: "keypad_subtract",
    glfw.KEY_KP_ADD: "keypad_add",
    glfw.KEY_KP_ENTER: "keypad_enter",
    **{glfw.KEY_KP_0 + digit: f"keypad_{digit}" for digit in range(10)},
    **{glfw.KEY_F1 + number: f"f{number + 1}" for number in range(25)},
}
_BY_PLACE = {  # GLFW's codes for printable keys are their characters on a US keyboard
    **{ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
    **{ord(character): name for character, name in _PUNCTUATION.items()},
}

KEY_NAMES = frozenset(_NAMED.values()) | frozenset(_BY_PLACE.values())


def key_name(code: int, printed: str | None) -> str | None:
    """The name of GLFW's key `code`; `printed` is what the keyboard in use prints on it. None: it has no name.

    What is printed wins, so that `a` is the key labelled A on a French keyboard, too; a key that prints
    something without a name here (é) takes the name of its place on a US keyboard.
    """
    if code in _NAMED:
        return _NAMED[code]
    character = (printed or "").lower()
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    if len(character) == 1 and character.isascii() and character.isalnum():
        return character
    return _BY_PLACE.get(code)
