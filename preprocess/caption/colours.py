"""Which names of colours belong together."""

from __future__ import annotations

_FAMILIES = {
    **dict.fromkeys(("red", "crimson", "scarlet", "maroon", "pink", "magenta", "rose"), "red"),
    **dict.fromkeys(("orange", "brown", "beige", "tan", "gold", "golden", "amber", "ochre"), "orange"),
    **dict.fromkeys(("yellow", "cream", "lime", "mustard"), "yellow"),
    **dict.fromkeys(("green", "olive", "mint"), "green"),
    **dict.fromkeys(("teal", "cyan", "turquoise", "aqua"), "cyan"),
    **dict.fromkeys(("blue", "navy", "azure"), "blue"),
    **dict.fromkeys(("violet", "purple", "lilac", "indigo", "lavender", "plum"), "violet"),
    **dict.fromkeys(("black", "white", "grey", "gray", "silver", "charcoal"), "grey"),
}


def family(name: str) -> str:
    """The family of a colour by its name, such as "dark blue"; '' for an unknown one."""
    return next((_FAMILIES[word] for word in reversed(name.lower().split()) if word in _FAMILIES), "")
