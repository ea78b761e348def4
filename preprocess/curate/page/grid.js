// The clips as thumbnails. Only what can be seen is in the document, however many there are.

import { byId, make, seconds } from "./dom.js";
import { preview } from "./preview.js";

const WIDTH_PX = 184;
const GAP_PX = 14;
const TEXT_PX = 46;
const ROWS_BEYOND = 2;

export class Grid {
  // hooks: chosen(slugs), edit(), dragged(slugs, event)
  constructor(hooks) {
    this.hooks = hooks;
    this.clips = [];
    this.index = new Map();
    this.selected = new Set();
    this.current = -1;
    this.anchor = -1;
    this.cells = new Map();
    this.element = byId("grid");
    this.sheet = make("div", { class: "sheet" });
    this.empty = make("p", { class: "empty" });
    this.element.append(this.sheet, this.empty);
    this.element.addEventListener("scroll", () => this.render(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.layout()).observe(this.element);
  }

  show(clips, message) {
    this.clips = clips;
    this.index = new Map(clips.map((clip, at) => [clip.slug, at]));
    const kept = [...this.selected].filter((slug) => this.index.has(slug));
    this.selected = new Set(kept);
    const last = this.index.get(this.currentSlug);
    this.current = last ?? (kept.length ? this.index.get(kept[0]) : -1);
    this.empty.textContent = clips.length ? "" : message;
    for (const cell of this.cells.values()) cell.element.remove();
    this.cells.clear();
    this.layout();
  }

  layout() {
    const room = this.element.clientWidth - 2 * GAP_PX;
    this.columns = Math.max(1, Math.floor((room + GAP_PX) / (WIDTH_PX + GAP_PX)));
    this.width = Math.floor((room - (this.columns - 1) * GAP_PX) / this.columns);
    this.pictureHeight = Math.round((this.width * 9) / 16);
    this.rowHeight = this.pictureHeight + TEXT_PX + GAP_PX;
    this.sheet.style.height = `${Math.ceil(this.clips.length / this.columns) * this.rowHeight + GAP_PX}px`;
    for (const cell of this.cells.values()) cell.element.remove();
    this.cells.clear();
    this.render();
  }

  render() {
    const top = this.element.scrollTop;
    const first = Math.max(0, Math.floor(top / this.rowHeight) - ROWS_BEYOND) * this.columns;
    const rows = Math.ceil(this.element.clientHeight / this.rowHeight) + 2 * ROWS_BEYOND + 1;
    const end = Math.min(this.clips.length, first + rows * this.columns);
    const seen = new Set();
    for (let at = first; at < end; at++) {
      const { slug } = this.clips[at];
      seen.add(slug);
      if (!this.cells.has(slug)) this.cells.set(slug, this.cell(at));
    }
    for (const [slug, cell] of this.cells) {
      if (!seen.has(slug)) {
        cell.element.remove();
        this.cells.delete(slug);
      }
    }
    this.mark();
  }

  cell(at) {
    const clip = this.clips[at];
    const picture = preview(clip, this.width, this.pictureHeight);
    const places = clip.movements.map((place) => (place.pinned ? `● ${place.name}` : place.name)).join(", ");
    const element = make(
      "article",
      {
        class: clip.left_out ? "clip out" : "clip",
        id: `clip-${clip.slug}`,
        role: "option",
        draggable: true,
        "data-slug": clip.slug,
        "aria-posinset": String(at + 1),
        "aria-setsize": String(this.clips.length),
        title: clip.left_out,
      },
      picture.element,
      make("p", { class: clip.caption_origin === "person" ? "caption mine" : "caption" }, clip.caption || "no caption"),
      make("p", { class: "under" }, make("span", {}, places || "nowhere"), make("span", {}, clip.left_out ? "out" : clip.likeness === undefined ? seconds(clip.duration_s) : clip.likeness.toFixed(2))),
    );
    picture.element.style.height = `${this.pictureHeight}px`;
    element.style.width = `${this.width}px`;
    element.style.transform = `translate(${GAP_PX + (at % this.columns) * (this.width + GAP_PX)}px, ${GAP_PX + Math.floor(at / this.columns) * this.rowHeight}px)`;
    element.addEventListener("pointerenter", () => picture.play(true));
    element.addEventListener("pointerleave", () => picture.play(false));
    element.addEventListener("click", (event) => this.choose(at, event.shiftKey, event.ctrlKey || event.metaKey));
    element.addEventListener("dblclick", () => this.hooks.edit());
    element.addEventListener("dragstart", (event) => {
      if (!this.selected.has(clip.slug)) this.choose(at, false, false);
      this.hooks.dragged([...this.selected], event);
    });
    this.sheet.append(element);
    return { element, picture };
  }

  get currentSlug() {
    return this.lastSlug;
  }

  get chosen() {
    return [...this.selected];
  }

  choose(at, extend, toggle) {
    if (at < 0 || at >= this.clips.length) return;
    const { slug } = this.clips[at];
    if (extend && this.anchor >= 0) {
      const [from, to] = [Math.min(this.anchor, at), Math.max(this.anchor, at)];
      this.selected = new Set(this.clips.slice(from, to + 1).map((clip) => clip.slug));
    } else if (toggle) {
      if (!this.selected.delete(slug)) this.selected.add(slug);
      this.anchor = at;
    } else {
      this.selected = new Set([slug]);
      this.anchor = at;
    }
    this.current = at;
    this.lastSlug = slug;
    this.mark();
    this.reveal(at);
    this.hooks.chosen(this.chosen);
  }

  chooseSlug(slug) {
    const at = this.index.get(slug);
    if (at !== undefined) this.choose(at, false, false);
    return at !== undefined;
  }

  mark() {
    for (const [slug, { element }] of this.cells) {
      element.setAttribute("aria-selected", String(this.selected.has(slug)));
      element.classList.toggle("current", slug === this.lastSlug);
    }
    if (this.cells.has(this.lastSlug)) this.element.setAttribute("aria-activedescendant", `clip-${this.lastSlug}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  reveal(at) {
    const top = Math.floor(at / this.columns) * this.rowHeight;
    const view = this.element;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + this.rowHeight + GAP_PX > view.scrollTop + view.clientHeight) {
      view.scrollTop = top + this.rowHeight + GAP_PX - view.clientHeight;
    }
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight)) * this.columns;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, PageUp: -page, PageDown: page };
    const last = this.clips.length - 1;
    let to;
    if (event.key in steps) to = this.current < 0 ? 0 : Math.max(0, Math.min(last, this.current + steps[event.key]));
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = last;
    else return;
    event.preventDefault();
    this.choose(to, event.shiftKey, false);
  }
}
