// What is dragged: clips from the grid, or a row of the schedule.

const TYPES = { clips: "application/x-curate-clips", row: "application/x-curate-row" };

export function dragSlugs(slugs, event) {
  event.dataTransfer.setData(TYPES.clips, JSON.stringify(slugs));
  event.dataTransfer.effectAllowed = "copyMove";
}

export function dragRow(index, event) {
  event.dataTransfer.setData(TYPES.row, String(index));
  event.dataTransfer.effectAllowed = "move";
}

export const slugsDropped = (event) => JSON.parse(event.dataTransfer.getData(TYPES.clips) || "[]");
export const rowDropped = (event) => Number(event.dataTransfer.getData(TYPES.row));
export const carries = (event, kind) => event.dataTransfer.types.includes(TYPES[kind]);

export function takesDrops(element, kind, dropped) {
  element.addEventListener("dragover", (event) => {
    if (!carries(event, kind)) return;
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    element.classList.remove("over");
    if (!carries(event, kind)) return;
    event.preventDefault();
    dropped(event);
  });
}
