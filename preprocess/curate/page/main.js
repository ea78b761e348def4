// The page as a whole: what is shown, what is chosen, and what an edit makes necessary to read again.

import { readClip, readClips, readLibrary, readSchedule, sendEdits, sendRedo, sendUndo } from "./api.js";
import { editCaption, editTags, showDetails, showNothing, togglePlay } from "./details.js";
import { byId, make, typing } from "./dom.js";
import { dragSlugs } from "./drag.js";
import { Grid } from "./grid.js";
import { showMovements } from "./movements.js";
import { add, hideTimeline, showTimeline } from "./timeline.js";

const TYPING_MS = 140;
const MESSAGE_MS = 9000;
const MARK_KEYS = { b: "black", s: "static", d: "duplicate", x: "left_out" };

const state = { line: "", byMeaning: false, like: "", place: "", movement: "", keepCuts: true, layer: "base", library: null, schedule: null, known: new Map(), detailed: null };
let asked = 0;
let typed = 0;

const grid = new Grid({ chosen: showChosen, edit: editCaption, dragged: dragSlugs });

function say(text, kind = "problem") {
  const message = make("p", { class: kind }, text, make("button", { type: "button", "aria-label": "Close", onclick: () => message.remove() }, "×"));
  byId("messages").append(message);
  setTimeout(() => message.remove(), MESSAGE_MS);
}

async function tried(work) {
  try {
    return await work();
  } catch (error) {
    say(error.message);
    return undefined;
  }
}

const line = () => [state.movement ? `movement:${state.movement}` : state.place, state.line].filter(Boolean).join(" ");

async function readGrid() {
  const turn = ++asked;
  const wanted = { filter: line(), by: state.byMeaning ? "meaning" : "", like: state.like };
  const answer = await tried(() => readClips(wanted));
  if (!answer || turn !== asked) return;
  for (const clip of answer.clips) state.known.set(clip.slug, clip);
  grid.show(sorted(answer.clips), "No clip is like that.");
  const more = answer.found > answer.clips.length ? `the first ${answer.clips.length.toLocaleString()} of ` : "";
  byId("found").textContent = `${more}${answer.found.toLocaleString()} clips`;
}

function sorted(clips) {
  const by = byId("sort").value;
  if (by === "slug" || clips[0]?.likeness !== undefined) return clips;
  const rank = new Map(state.library.movements.map((one, at) => [one.name, at]));
  const value = (clip) => (by === "movement" ? (rank.get(clip.movements[0]?.name) ?? rank.size) : (clip[by] ?? 0));
  return [...clips].sort((one, other) => value(one) - value(other));
}

async function readHead() {
  const library = await tried(readLibrary);
  if (!library) return;
  state.library = library;
  byId("name").textContent = library.name;
  document.title = `${library.name}: curate`;
  for (const [id, words] of [["undo", library.undo], ["redo", library.redo]]) {
    byId(id).disabled = !words;
    byId(id).title = words;
  }
  showMovements(library, state, { filter: choosePlace, movement: chooseMovement, tag: toggleTag, moved: moveTo });
}

async function readTimeline() {
  if (!state.movement) return hideTimeline();
  const schedule = await tried(() => readSchedule(state.movement));
  if (!schedule || schedule.movement !== state.movement) return undefined;
  state.schedule = schedule;
  return showTimeline(schedule, state, hooks);
}

async function readDetails(focus) {
  const slug = state.detailed;
  if (!slug) return;
  const clip = await tried(() => readClip(slug));
  if (!clip || state.detailed !== slug) return;
  showDetails(clip, { ...hooks, library: state.library });
  if (focus) byId("details").querySelector(focus)?.focus();
}

const readAll = (focus) => Promise.all([readHead(), readGrid(), readTimeline(), readDetails(focus)]);

async function edit(edits, focus) {
  if (edits.length) await tried(() => sendEdits(edits));
  await readAll(focus);
}

async function goBack(send, verb) {
  const answer = await tried(send);
  if (answer) say(answer.done ? `${verb}: ${answer.done}` : "There is nothing more.", "told");
  await readAll();
}

function showChosen(slugs) {
  if (slugs.length === 1 && slugs[0] !== state.detailed) {
    [state.detailed] = slugs;
    readDetails();
  }
  byId("details").classList.toggle("several", slugs.length > 1);
  byId("details").dataset.several = `${slugs.length} clips chosen: keys and drags take all of them`;
}

function choosePlace(filter) {
  state.place = filter;
  state.movement = "";
  showFiltered();
}

function chooseMovement(name) {
  state.movement = name;
  state.place = "";
  showFiltered();
}

function toggleTag(filter) {
  clearTimeout(typed);
  const written = byId("filter").value;
  const words = written.includes(filter) ? written.replace(filter, "") : `${written} ${filter}`;
  state.line = words.replace(/ +/g, " ").trim();
  byId("filter").value = state.line;
  showFiltered();
}

async function showFiltered() {
  byId("grid").scrollTop = 0;
  await Promise.all([readHead(), readGrid(), readTimeline()]);
}

function showLike(slug) {
  state.like = slug;
  byId("like").hidden = !slug;
  byId("like").textContent = `like ${slug} ×`;
  showFiltered();
}

function moveTo(slugs, movement) {
  const edits = slugs.map((slug) => {
    const places = state.known.get(slug)?.movements ?? [];
    const from = state.movement || (places.length === 1 ? places[0].name : null);
    return { do: "move", slug, to_movement: movement, from_movement: from === movement ? null : from };
  });
  return edit(edits);
}

function toggleMark(mark) {
  const slugs = grid.chosen;
  const on = !slugs.every((slug) => isMarked(slug, mark));
  return edit(slugs.map((slug) => ({ do: "set_mark", slug, mark, value: on ? true : null })));
}

const isMarked = (slug, mark) => state.known.get(slug)?.marks[mark] === true;

async function showClip(slug) {
  if (!grid.chooseSlug(slug)) {
    state.detailed = slug;
    await readDetails();
  }
}

// How long a clip that is put into the schedule shows: as the others there do, and no longer than it is.
function slot(slug) {
  const durations = (state.schedule?.rows ?? []).map((row) => row.duration_s).sort((one, other) => one - other);
  const usual = durations.length ? durations[Math.floor(durations.length / 2)] : 2;
  return Math.max(0.1, Math.min(usual, state.known.get(slug)?.duration_s || usual));
}

const hooks = {
  edit,
  slot,
  clip: showClip,
  like: showLike,
  clipOf: (slug) => state.known.get(slug),
  movement: chooseMovement,
  move: (movement) => moveTo([state.detailed], movement),
};

function addToSchedule() {
  if (!state.movement) return say("Choose a movement first.", "told");
  const rows = state.schedule?.rows ?? [];
  const layer = rows[0]?.layer ?? state.layer;
  return add(state.movement, layer, grid.chosen, rows.length, hooks);
}

function key(event) {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "z" && !typing(event.target)) {
    event.preventDefault();
    return event.shiftKey ? goBack(sendRedo, "Done again") : goBack(sendUndo, "Undone");
  }
  if (event.key === "Escape" && event.target === byId("filter")) return byId("grid").focus();
  if (control || event.altKey || typing(event.target)) return undefined;
  if (event.target.tagName === "BUTTON" && (event.key === "Enter" || event.key === " ")) return undefined;
  const done = doKey(event.key);
  if (done) event.preventDefault();
  return done;
}

function doKey(name) {
  const at = "123456789".indexOf(name);
  const movement = state.library?.movements[at];
  if (name === "/") byId("filter").focus();
  else if (name === "?") byId("keys").showModal();
  else if (!grid.chosen.length) return false;
  else if (name === "Enter") editCaption();
  else if (name === " ") togglePlay();
  else if (name === "t") editTags();
  else if (name === "a") addToSchedule();
  else if (name in MARK_KEYS) toggleMark(MARK_KEYS[name]);
  else if (at >= 0 && name.length === 1 && movement) moveTo(grid.chosen, movement.name);
  else return false;
  return true;
}

document.addEventListener("keydown", key);
byId("undo").addEventListener("click", () => goBack(sendUndo, "Undone"));
byId("redo").addEventListener("click", () => goBack(sendRedo, "Done again"));
byId("like").addEventListener("click", () => showLike(""));
byId("meaning").addEventListener("click", () => {
  state.byMeaning = !state.byMeaning;
  byId("meaning").setAttribute("aria-pressed", String(state.byMeaning));
  showFiltered();
});
byId("help").addEventListener("click", () => byId("keys").showModal());
byId("sort").addEventListener("change", readGrid);
byId("filter").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => {
    state.line = byId("filter").value.trim();
    showFiltered();
  }, TYPING_MS);
});

showNothing("Choose a clip to see what is known of it. ? lists the keys.");
await readHead();
await readAll();
byId("grid").focus();
