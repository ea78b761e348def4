// The movements: where clips are dropped, and by which they are filtered.

import { byId, make } from "./dom.js";
import { slugsDropped, takesDrops } from "./drag.js";

const PLACES = [
  { filter: "", name: "All clips", count: "clips" },
  { filter: "is:unplaced", name: "Nowhere", count: "unplaced" },
  { filter: "is:doubtful", name: "Doubtful words", count: "doubtful" },
  { filter: "is:left_out,black,static,duplicate", name: "Left out", count: "left_out" },
];

// hooks: filter(line), movement(name), moved(slugs, movement)
export function showMovements(library, state, hooks) {
  const place = (filter, name, count, index, movement) => {
    const chosen = movement ? state.movement === movement : !state.movement && state.place === filter;
    const button = make(
      "button",
      { type: "button", class: movement ? "movement" : "place", "aria-pressed": String(chosen), "data-movement": movement ?? null },
      make("span", { class: "digit" }, index ? String(index) : ""),
      make("span", { class: "label" }, name),
      make("span", { class: "count" }, String(count)),
    );
    button.addEventListener("click", () => (movement ? hooks.movement(movement) : hooks.filter(filter)));
    return button;
  };
  const movements = library.movements.map((movement, at) => {
    const button = place("", movement.name, movement.clips, at < 9 ? at + 1 : 0, movement.name);
    button.title = movement.description;
    takesDrops(button, "clips", (event) => hooks.moved(slugsDropped(event), movement.name));
    return button;
  });
  const tags = library.tags.slice(0, 40).map((tag) => {
    const filter = `tag:${tag.tag.includes(" ") ? `"${tag.tag}"` : tag.tag}`;
    return make(
      "button",
      { type: "button", class: "tag", "aria-pressed": String(state.line.includes(filter)), onclick: () => hooks.tag(filter) },
      tag.tag,
      make("span", { class: "count" }, String(tag.clips)),
    );
  });
  byId("movements").replaceChildren(
    ...PLACES.map((one) => place(one.filter, one.name, library.counts[one.count], 0)),
    make("h2", {}, "Movements"),
    ...(movements.length ? movements : [make("p", { class: "hint" }, "None yet: run assign.")]),
    make("h2", {}, "Tags"),
    make("div", { class: "tags" }, ...(tags.length ? tags : [make("p", { class: "hint" }, "None yet.")])),
  );
}
