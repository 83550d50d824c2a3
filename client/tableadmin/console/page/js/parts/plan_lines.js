// The lines of a plan, as tablectl plan prints them.

import { el } from "../dom.js";

const KINDS = { green: "add", yellow: "warn", red: "lose", bright_black: "quiet" };

export function planLines(lines) {
  if (!lines.length) return el("p", { class: "empty" }, "No changes.");
  return el("ol", { class: "plan" }, lines.map(({ text, indent, colour }) =>
    el("li", { class: `indent-${Math.min(indent >> 1, 8)} ${KINDS[colour] ?? ""}` }, text)));
}
