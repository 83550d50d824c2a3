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

// The operations of one table.
export function operationTable(label, operations) {
  if (!operations.length) return el("p", { class: "empty" }, "No operations.");
  return el(
    "div", { class: "scroller", role: "region", "aria-label": `${label}, table`, tabindex: "0" },
    el("table", { class: "rows" },
      el("thead", {}, el("tr", {}, COLUMNS.slice(1).map(({ heading }) => el("th", { scope: "col" }, heading)))),
      el("tbody", {}, operations.map((each) => el("tr", {}, cells(each).slice(1).map((cell) => el("td", {}, cell))))),
    ),
  );
}
