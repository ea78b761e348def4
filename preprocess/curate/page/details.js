// The chosen clip: its words, its tags, and why it is where it is.

import { fileOf } from "./api.js";
import { byId, clock, fill, make, seconds } from "./dom.js";
import { preview } from "./preview.js";

const MARKS = { black: "Black", static: "Static", duplicate: "Duplicate", left_out: "Left out" };
const MEASURES = ["brightness", "contrast", "saturation", "warmth", "motion", "shake", "sharpness", "detail", "straight_lines", "skin", "loop_quality"];
const ORIGINS = { person: "written by you", composed: "composed from the measures" };

const element = () => byId("details");
let playing = null;
let isPlaying = false;

export function togglePlay() {
  isPlaying = !isPlaying;
  playing?.play(isPlaying);
}

export const editCaption = () => element().querySelector("textarea")?.focus();
export const editTags = () => element().querySelector(".newtag")?.focus();

export function showNothing(text) {
  playing = null;
  element().replaceChildren(make("p", { class: "hint" }, text));
}

// hooks: edit(edits), movement(name), clip(slug), library
export function showDetails(clip, hooks) {
  const scroll = element().dataset.slug === clip.slug ? element().scrollTop : 0;
  const picture = preview(clip, element().clientWidth - 32, 240);
  playing = picture;
  picture.element.addEventListener("pointerenter", () => picture.play(true));
  picture.element.addEventListener("pointerleave", () => picture.play(isPlaying));
  picture.play(isPlaying);
  element().dataset.slug = clip.slug;
  fill(
    element(),
    picture.element,
    make("h2", { class: "slug" }, clip.slug, make("a", { href: fileOf(clip.slug), download: `${clip.slug}.mov`, title: "Save the clip's file" }, "save")),
    make("p", { class: "hint" }, sourceOf(clip)),
    clip.left_out ? make("p", { class: "notice" }, `No schedule shows it: ${clip.left_out}.`) : null,
    ...text(clip, "caption", hooks),
    ...tags(clip, hooks),
    ...text(clip, "description", hooks),
    ...marks(clip, hooks),
    ...placing(clip, hooks),
    ...doubts(clip),
    ...nearest(clip, hooks),
    ...measures(clip),
  );
  element().scrollTop = scroll;
}

function sourceOf(clip) {
  const { title, source_in_s, source_out_s } = clip.source;
  const span = source_in_s === null ? "" : `, ${clock(source_in_s)} to ${clock(source_out_s)}`;
  return `${title}${span} · ${seconds(clip.duration_s)}`;
}

const section = (title, ...children) => [make("h3", {}, title), ...children];

function text(clip, kind, hooks) {
  const mine = clip.texts.filter((one) => one.kind === kind);
  const current = mine.find((one) => one.state === "current");
  const proposal = mine.find((one) => one.state === "proposal");
  const area = make("textarea", { rows: kind === "caption" ? "2" : "4", "aria-label": kind, "data-kind": kind, placeholder: `no ${kind} yet`, maxlength: "4000" });
  area.value = current?.text ?? "";
  const save = () => {
    if (area.value.trim() !== (current?.text ?? "").trim()) {
      hooks.edit([{ do: "set_text", slug: clip.slug, kind, text: area.value }]);
    }
  };
  area.addEventListener("change", save);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      area.blur();
      byId("grid").focus();
    } else if (event.key === "Escape") {
      area.value = current?.text ?? "";
      byId("grid").focus();
    }
    event.stopPropagation();
  });
  const origin = current ? (ORIGINS[current.origin] ?? `by ${[current.origin, current.model].filter(Boolean).join(", ")}`) : "";
  const release = current?.origin === "person" && make("button", { type: "button", class: "quiet", onclick: () => hooks.edit([{ do: "release_text", slug: clip.slug, kind }]) }, "give back");
  const older = mine.filter((one) => one.state === "superseded");
  return [
    make("h3", {}, kind === "caption" ? "Caption" : "Description", make("span", { class: "hint" }, origin), release),
    area,
    proposal && make(
      "p",
      { class: "proposal" },
      make("span", {}, `proposed by ${proposal.origin}: `),
      proposal.text,
      make("button", { type: "button", class: "quiet", onclick: () => hooks.edit([{ do: "release_text", slug: clip.slug, kind }]) }, "take"),
    ),
    older.length > 0 && make(
      "details",
      {},
      make("summary", {}, `${older.length} before`),
      ...older.map((one) => make("p", { class: "older" }, make("span", { class: "hint" }, `${one.origin}: `), one.text)),
    ),
  ];
}

function tags(clip, hooks) {
  const given = (tag) => clip.given_tags.filter((one) => one.tag === tag).map((one) => `${one.origin} ${one.confidence.toFixed(2)}`).join(", ");
  const changed = Object.fromEntries(clip.tag_changes.map((one) => [one.after, `${one.before}: ${one.why}`]));
  const chips = clip.tags.map((tag) =>
    make(
      "span",
      { class: "chip", title: [given(tag), changed[tag]].filter(Boolean).join("\n") },
      tag,
      make("button", { type: "button", "aria-label": `take ${tag} away`, onclick: () => hooks.edit([{ do: "set_tag", slug: clip.slug, tag, value: false }]) }, "×"),
    ),
  );
  const refused = clip.given_tags.filter((one) => one.origin === "person" && one.confidence === 0).map((one) =>
    make(
      "button",
      { type: "button", class: "chip refused", title: "taken away by you; press to leave it to the steps again", onclick: () => hooks.edit([{ do: "set_tag", slug: clip.slug, tag: one.tag, value: null }]) },
      one.tag,
    ),
  );
  const input = make("input", { class: "newtag", "aria-label": "Add a tag", placeholder: "add a tag", list: "known-tags", maxlength: "64" });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && input.value.trim()) hooks.edit([{ do: "set_tag", slug: clip.slug, tag: input.value, value: true }], ".newtag");
    else if (event.key === "Escape") byId("grid").focus();
    event.stopPropagation();
  });
  const known = make("datalist", { id: "known-tags" }, ...hooks.library.tags.slice(0, 500).map((one) => make("option", { value: one.tag })));
  return section("Tags", make("div", { class: "chips" }, ...chips, ...refused, input, known));
}

function marks(clip, hooks) {
  const said = (mark) => (mark in clip.marks ? (clip.marks[mark] ? "yes" : "no") : "");
  const next = (mark) => ({ "": true, yes: false, no: null })[said(mark)];
  const buttons = Object.entries(MARKS).map(([mark, label]) =>
    make(
      "button",
      { type: "button", class: `mark ${said(mark)}`, "data-mark": mark, "aria-pressed": said(mark) === "yes" ? "true" : "false", title: "yes, no, or as measured", onclick: () => hooks.edit([{ do: "set_mark", slug: clip.slug, mark, value: next(mark) }]) },
      said(mark) === "no" ? `not ${label.toLowerCase()}` : label,
    ),
  );
  const repeats = clip.repeats.map((one) => make("p", { class: "hint" }, `${one.kind === "exact" ? "Repeats" : "Nearly repeats"} `, make("button", { type: "button", class: "link", onclick: () => hooks.clip(one.of_slug) }, one.of_slug)));
  return section("Marks", make("div", { class: "chips" }, ...buttons), ...repeats);
}

function placing(clip, hooks) {
  const pinned = Object.fromEntries(clip.placements.map((one) => [one.movement, one.kind]));
  const place = (movement, kind) => hooks.edit([{ do: "place", slug: clip.slug, movement, kind }]);
  const here = clip.assignments.map((one) =>
    make(
      "li",
      {},
      make("p", {}, make("strong", {}, one.movement), make("span", { class: "hint" }, one.pinned ? "pinned" : one.score.toFixed(2))),
      make("p", { class: "why" }, one.why),
      make(
        "p",
        { class: "chips" },
        make("button", { type: "button", class: "quiet", onclick: () => place(one.movement, pinned[one.movement] === "pin" ? null : "pin") }, pinned[one.movement] === "pin" ? "unpin" : "pin"),
        make("button", { type: "button", class: "quiet", onclick: () => place(one.movement, "ban") }, "not here"),
      ),
    ),
  );
  const banned = clip.placements.filter((one) => one.kind === "ban").map((one) =>
    make("button", { type: "button", class: "chip refused", title: "banned by you; press to allow it again", onclick: () => place(one.movement, null) }, one.movement),
  );
  const scheduled = clip.scheduled.map((one) =>
    make("button", { type: "button", class: "link", onclick: () => hooks.movement(one.movement) }, `${one.movement} at ${clock(one.start_s)}`),
  );
  const select = make("select", { "aria-label": "Move to a movement" }, make("option", { value: "" }, "move to…"), ...hooks.library.movements.map((one) => make("option", { value: one.name }, one.name)));
  select.addEventListener("change", () => select.value && hooks.move(select.value));
  return [
    ...section("Where, and why", make("ul", { class: "where" }, ...(here.length ? here : [make("li", { class: "hint" }, "In no movement.")]))),
    make("div", { class: "chips" }, select, ...banned),
    scheduled.length > 0 && make("p", { class: "hint" }, "Plays in ", ...scheduled.flatMap((one, at) => (at ? [", ", one] : [one]))),
  ];
}

function doubts(clip) {
  if (!clip.doubts.length) return [];
  return section("Doubts", ...clip.doubts.map((one) => make("p", { class: "why" }, `${one.kind} ${one.doubt}: ${one.why}`)));
}

function nearest(clip, hooks) {
  if (!clip.nearest.length) return [];
  const links = clip.nearest.slice(0, 6).map((slug) => make("button", { type: "button", class: "link", onclick: () => hooks.clip(slug) }, slug));
  const all = make("button", { type: "button", class: "quiet", onclick: () => hooks.like(clip.slug) }, "show them");
  return [make("h3", {}, make("span", {}, "Most alike in meaning"), all), make("p", { class: "chips" }, ...links)];
}

function measures(clip) {
  if (!clip.analysis) return [];
  const bars = MEASURES.filter((name) => clip.analysis[name] !== undefined).map((name) => {
    const bar = make("meter", { min: 0, max: 1, value: clip.analysis[name] });
    return make("div", {}, make("dt", {}, name.replace("_", " ")), make("dd", {}, bar, clip.analysis[name].toFixed(2)));
  });
  const colours = clip.analysis.colours.map((one) => {
    const patch = make("span", { class: "colour", title: `${one.name} ${Math.round(one.share * 100)} %` });
    patch.style.backgroundColor = one.rgb;
    patch.style.flexGrow = String(one.share);
    return patch;
  });
  const people = [`${clip.analysis.faces} faces`, `${clip.analysis.people} people`].join(", ");
  return section("Measures", make("div", { class: "colours" }, ...colours), make("p", { class: "hint" }, people), make("dl", { class: "measures" }, ...bars));
}
