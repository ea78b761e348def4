"""The bindings of a show against its parameter tree: does each path exist, and do the numbers fit it?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from engine.formats.nearest import did_you_mean
from engine.formats.yaml_lines import Place
from engine.model.controls import Binding
from engine.model.parameters import Kind, Parameter
from engine.model.show import Show
from engine.model.tree import ParameterTree


@dataclass(frozen=True, slots=True)
class BindingCheck:
    """What bindings are checked against. Paths that hang on something unknown are let through."""

    show: Show
    clips: Collection[str]
    library_known: bool
    layer_names_known: bool
    report: Callable[[Place, str, str], None]  # place, what is wrong, mend

    def run(self) -> None:
        """Report every mistake in every binding."""
        tree = ParameterTree(self.show, self.clips)
        for index, binding in enumerate(self.show.bindings):
            self._check(tree, ("bindings", index), binding)

    def _check(self, tree: ParameterTree, place: Place, binding: Binding) -> None:
        if binding.scrub is not None:
            parameter = self._scrubbed(tree, (*place, "scrub"), binding.scrub)
        else:
            parameter = self._bound(tree, (*place, "to"), binding.to or "")
        if parameter is None or parameter.kind is Kind.ACTION:
            return
        if parameter.kind is Kind.INDEX and not self.library_known:
            return  # how far it reaches is not known
        self._check_reach((*place, "range"), parameter, binding.range or ())
        self._check_reach((*place, "value"), parameter, () if binding.value is None else (binding.value,))

    def _bound(self, tree: ParameterTree, place: Place, path: str) -> Parameter | None:
        found = tree.find(path)
        if found is None and not self._beyond_knowing(path):
            parent, _, slug = path.rpartition("/")
            if parent.endswith("/clip") and parent in tree.parameters:
                self.report(place, f"the library has no clip {slug}", did_you_mean(slug, self.clips))
            else:
                mend = did_you_mean(path, tree.parameters, "docs/parameters.md lists the paths")
                self.report(place, f"there is no parameter {path}", mend)
        return found

    def _scrubbed(self, tree: ParameterTree, place: Place, path: str) -> Parameter | None:
        found = tree.find(f"{path}/position")
        if found is None and not self._beyond_knowing(path):
            known = ["/movement", *(f"/layer/{layer.name}" for layer in self.show.layers)]
            mend = did_you_mean(path, known, f"there are {', '.join(known)}")
            self.report(place, f"{path} has no position", mend)
        return found

    def _beyond_knowing(self, path: str) -> bool:
        if path.startswith("/layer/") and not self.layer_names_known:
            return True
        return "/clip/" in path and not self.library_known

    def _check_reach(self, place: Place, parameter: Parameter, values: Iterable[float]) -> None:
        for value in values:
            if parameter.clamp(value) != value:
                reach = f"{parameter.low:g} to {parameter.high:g}"
                self.report(place, f"{value:g} is outside of {parameter.path}, which takes {reach}", "")
