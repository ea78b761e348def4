// A clip's picture that plays: its strip has FRAMES pictures side by side.

import { stripOf, thumbnailOf } from "./api.js";
import { make } from "./dom.js";

const FRAMES = 12;
const LOOP_S = [1.2, 4];

// A picture of `clip` that fits into width × height px, and its `play(bool)`.
export function preview(clip, width, height) {
  const frameWidth = Math.min(width, height * clip.aspect);
  const frame = make("div", { class: "frame" });
  frame.style.width = `${frameWidth}px`;
  frame.style.height = `${frameWidth / clip.aspect}px`;
  if (clip.thumbnail) {
    frame.append(make("img", { src: thumbnailOf(clip.slug), alt: "", draggable: false, decoding: "async", loading: "lazy" }));
  }
  const film = make("div", { class: "film" });
  frame.append(film);
  const element = make("div", { class: "preview" }, frame);

  let wanted = false;
  function play(on) {
    wanted = on;
    if (!on || !clip.strip) {
      film.classList.remove("playing");
      return;
    }
    if (film.dataset.loaded) {
      film.classList.add("playing");
      return;
    }
    const image = new Image();
    image.onload = () => {
      film.dataset.loaded = "1";
      film.style.backgroundImage = `url("${stripOf(clip.slug)}")`;
      film.style.backgroundSize = `${FRAMES * 100}% 100%`;
      film.style.animationDuration = `${Math.max(LOOP_S[0], Math.min(LOOP_S[1], clip.duration_s))}s`;
      if (wanted) film.classList.add("playing");
    };
    image.src = stripOf(clip.slug);
  }
  return { element, play };
}
