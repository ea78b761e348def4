// Elements made of data. Text goes in as text, never as markup: captions and file names are anybody's.

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(isThere));
  return element;
}

const isThere = (child) => child !== null && child !== undefined && child !== false;

export const fill = (element, ...children) => element.replaceChildren(...children.filter(isThere));

export const seconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} s`;

export function clock(value) {
  const whole = Math.floor(value / 60);
  return `${whole}:${(value - whole * 60).toFixed(1).padStart(4, "0")}`;
}

export const typing = (target) => target.closest?.("input, textarea, select, dialog") !== null;
