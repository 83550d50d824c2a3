// Sections of an answer: fields, rows or lines under a title.

import { el } from "../dom.js";
import { words } from "./badge.js";

// The labels and columns that have words of AWS. Everything else is shown as it is: tags and names are the user's.
const WORDS = new Set([
  "Status", "State", "Outcome", "Billing", "Stream", "Class", "Encryption", "TTL", "PITR", "Contributor Insights", "Items", "Size",
]);

export function sections(found) {
  return found.map((each) => section(each.title, content(each)));
}

export function section(title, ...content) {
  return el("section", { class: "block", "aria-label": title }, el("h2", {}, title), ...content);
}

function content(block) {
  if (block.fields) return fields(block.fields);
  if (block.columns) return block.rows.length ? rows(block.columns, block.rows, block.title) : el("p", { class: "empty" }, block.none);
  return el("pre", { class: "text", tabindex: "0" }, block.lines.join("\n"));
}

function fields(pairs) {
  return el("dl", { class: "fields" }, pairs.map(([label, text]) => el("div", {}, el("dt", {}, label), el("dd", {}, WORDS.has(label) ? words(text) : text))));
}

function rows(columns, found, title) {
  return el(
    "div", { class: "scroller", role: "region", "aria-label": `${title}, table`, tabindex: "0" },
    el("table", { class: "rows" },
      el("thead", {}, el("tr", {}, columns.map((each) => el("th", { scope: "col" }, each)))),
      el("tbody", {}, found.map((row) => el("tr", {}, row.map((text, place) => el("td", {}, WORDS.has(columns[place]) ? words(text) : text)))))),
  );
}
