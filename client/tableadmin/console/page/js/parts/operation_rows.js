// Operations, one a row.

import { el } from "../dom.js";
import { toOperation, toTable } from "../router.js";
import { badge } from "./badge.js";
import { moment } from "./times.js";

export const COLUMNS = [
  ["table", "Table"], ["state", "State"], ["calls", "Calls"], ["now", "Now"], ["by", "By"], ["created", "Created"], ["operation", "Operation"],
].map(([name, heading]) => ({ name, heading }));

export function cells({ id, table, state, calls, now, by, created }) {
  return [el("a", { href: toTable(table) }, table || "unknown"), badge(state), calls, now, by, moment(created), el("a", { href: toOperation(id) }, id)];
}

export function operationTable(label, operations) {
  if (!operations.length) return el("p", { class: "empty" }, "No operations.");
  return el(
    "div", { class: "scroller", role: "region", "aria-label": label, tabindex: "0" },
    el("table", { class: "rows operations" },
      el("thead", {}, el("tr", {}, COLUMNS.map(({ name, heading }) => el("th", { scope: "col", class: name }, heading)))),
      el("tbody", {}, operations.map((each) => el("tr", {}, cells(each).map((cell, place) => el("td", { class: COLUMNS[place].name }, cell))))),
    ),
  );
}
