// A movement's schedule as a row of pictures, as long as they last; a lane for each layer.

import { thumbnailOf } from "./api.js";
import { byId, clock, make } from "./dom.js";
import { carries, dragRow, rowDropped, slugsDropped } from "./drag.js";

const LEAST_PX = 54;
const PX_A_SECOND = 44;

const element = () => byId("timeline");
let focused = null;

export function hideTimeline() {
  element().replaceChildren();
  document.body.classList.remove("scheduling");
}

// hooks: edit(edits), clip(slug), clipOf(slug), slot(slug)
export function showTimeline(schedule, state, hooks) {
  document.body.classList.add("scheduling");
  const scroll = element().querySelector(".lanes")?.scrollLeft ?? 0;
  const layers = [...new Set(schedule.rows.map((row) => row.layer))];
  const total = Math.max(0, ...schedule.rows.map((row) => row.start_s + row.duration_s));
  const keep = make("input", { type: "checkbox", checked: state.keepCuts });
  keep.addEventListener("change", () => (state.keepCuts = keep.checked));
  const mine = schedule.origin === "person";
  const lanes = (layers.length ? layers : [state.layer]).map((layer) =>
    make("div", {}, layers.length > 1 && make("h3", { class: "layer" }, layer), lane(schedule, layer, state, hooks)),
  );
  element().replaceChildren(
    make(
      "div",
      { class: "bar" },
      make("h2", {}, schedule.movement),
      make("span", { class: "hint" }, `${schedule.rows.length} rows · ${clock(total)} · ${mine ? "ordered by you" : schedule.strategy ? `strategy: ${schedule.strategy}` : "no order yet"}`),
      make("label", {}, keep, " cuts stay on the music"),
      mine && make("button", { type: "button", class: "quiet", onclick: () => hooks.edit([{ do: "release_schedule", movement: schedule.movement }]) }, schedule.proposed ? "take the proposed one" : "give back"),
    ),
    make("div", { class: "lanes" }, ...lanes),
  );
  element().querySelector(".lanes").scrollLeft = scroll;
  if (focused !== null) {
    element().querySelector(`[data-row="${focused}"]`)?.focus();
    focused = null;
  }
}

function lane(schedule, layer, state, hooks) {
  const rows = schedule.rows.filter((row) => row.layer === layer);
  const line = make("div", { class: "lane", role: "listbox", "aria-label": `layer ${layer}`, "data-layer": layer }, ...rows.map((row, at) => cell(schedule, rows, at, state, hooks)));
  if (!rows.length) line.append(make("p", { class: "hint" }, "Drag clips here, or press a."));
  const mark = make("div", { class: "insert" });
  const clear = () => mark.remove();
  line.addEventListener("dragover", (event) => {
    if (!carries(event, "row") && !carries(event, "clips")) return;
    event.preventDefault();
    const before = [...line.querySelectorAll(".row")].find((one) => event.clientX < middle(one));
    line.insertBefore(mark, before ?? null);
  });
  line.addEventListener("dragleave", (event) => line.contains(event.relatedTarget) || clear());
  line.addEventListener("drop", (event) => {
    event.preventDefault();
    const next = mark.nextElementSibling?.dataset.row;
    clear();
    const to = next === undefined ? (rows.at(-1)?.row_index ?? -1) + 1 : Number(next);
    if (carries(event, "row")) moveRow(schedule.movement, rowDropped(event), to, state, hooks);
    else add(schedule.movement, layer, slugsDropped(event), to, hooks);
  });
  return line;
}

function middle(row) {
  const box = row.getBoundingClientRect();
  return box.left + box.width / 2;
}

function cell(schedule, rows, at, state, hooks) {
  const row = rows[at];
  const clip = row.slug && hooks.clipOf(row.slug);
  const name = row.slug ?? "gap";
  const button = make(
    "button",
    { type: "button", class: row.slug ? "row" : "row gap", role: "option", draggable: true, "data-row": String(row.row_index), "data-slug": row.slug, title: [name, clip?.caption, row.hint].filter(Boolean).join("\n"), "aria-label": `${name} at ${clock(row.start_s)}` },
    row.slug && make("img", { src: thumbnailOf(row.slug), alt: "", draggable: false, loading: "lazy" }),
    clip?.left_out && make("span", { class: "warning" }, "left out"),
    make("span", { class: "at" }, clock(row.start_s)),
    row.transition_s > 0 && make("span", { class: "fade", title: `${row.transition || "fades in"}, ${row.transition_s} s` }, "◢"),
  );
  button.style.width = `${Math.max(LEAST_PX, row.duration_s * PX_A_SECOND)}px`;
  button.addEventListener("click", () => row.slug && hooks.clip(row.slug));
  button.addEventListener("dragstart", (event) => dragRow(row.row_index, event));
  button.addEventListener("keydown", (event) => {
    const neighbour = { ArrowLeft: rows[at - 1], ArrowRight: rows[at + 1] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") {
      focused = (rows[at - 1] ?? row).row_index;
      hooks.edit([{ do: "remove_row", movement: schedule.movement, row_index: row.row_index, keep_gap: false }]);
    } else if (neighbour && event.altKey) {
      focused = neighbour.row_index;
      hooks.edit([{ do: "move_row", movement: schedule.movement, row_index: row.row_index, to_index: neighbour.row_index, keep_cuts: state.keepCuts }]);
    } else if (neighbour) {
      element().querySelector(`[data-row="${neighbour.row_index}"]`).focus();
    } else if (!event.altKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  return button;
}

// `to` counts the rows as they are shown; the interface counts them without the one that moves.
function moveRow(movement, from, to, state, hooks) {
  const target = to > from ? to - 1 : to;
  if (target !== from) hooks.edit([{ do: "move_row", movement, row_index: from, to_index: target, keep_cuts: state.keepCuts }]);
}

export function add(movement, layer, slugs, to, hooks) {
  hooks.edit(slugs.map((slug, at) => ({ do: "add_row", movement, row_index: to + at, row: { layer, slug, duration_s: hooks.slot(slug) } })));
}
