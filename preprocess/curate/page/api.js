// The JSON interface. Problems are thrown as one Error whose message a person can read.

const ROOT = "/api/v1";

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(ROOT + path, options);
  } catch {
    throw new Error("The server does not answer. Is runtime-preprocess curate still running?");
  }
  const text = await answer.text();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(text || answer.statusText);
  }
  if (!answer.ok) throw new Error((value.problems ?? [answer.statusText]).join("\n"));
  return value;
}

const post = (path, value) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  });

export const readLibrary = () => ask("/library");
export const readClips = (asked) => ask("/clips?" + new URLSearchParams(asked));
export const readClip = (slug) => ask("/clips/" + encodeURIComponent(slug));
export const readSchedule = (movement) => ask("/schedules/" + encodeURIComponent(movement));
export const sendEdits = (edits) => post("/edits", { edits });
export const sendUndo = () => post("/undo", {});
export const sendRedo = () => post("/redo", {});

export const thumbnailOf = (slug) => `/library/thumbnails/${encodeURIComponent(slug)}.jpg`;
export const stripOf = (slug) => `/library/strips/${encodeURIComponent(slug)}.jpg`;
export const fileOf = (slug) => `/library/clips/${encodeURIComponent(slug)}.mov`;
