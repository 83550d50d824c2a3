// All tables of the endpoint.

import { el, fill, throttled } from "../dom.js";
import { live } from "../live.js";
import { words } from "../parts/badge.js";
import { Rows } from "../parts/rows.js";
import { toTable } from "../router.js";
import { session } from "../session.js";

const NAMES = new Intl.Collator("en", { numeric: true });
const COUNT = new Intl.NumberFormat("en");

// As the user left it, when they come back from a table.
const kept = { filter: "", column: "table", direction: 1, scroll: 0 };

export function tables() {
  const columns = session.columns.map((each) => ({ ...each, isNumber: ["size", "items"].includes(each.name) }));
  const places = new Map(columns.map((each, place) => [each.name, place]));
  const filter = el("input", {
    type: "search", id: "filter", value: kept.filter, autocomplete: "off", spellcheck: "false",
    placeholder: "name, or column=value", "aria-keyshortcuts": "/",
    oninput: () => { kept.filter = filter.value; arrange(); },
  });
  const count = el("output", { class: "tally", role: "status", for: "filter" });
  const empty = el("p", { class: "empty", hidden: true });
  const rows = new Rows({
    label: "Tables", columns,
    cells: (name) => contents(name, live.tables.get(name)),
    version: (name) => live.tables.get(name),
    onSort: sortBy,
  });

  function contents(name, { cells, isPending }) {
    return cells.map((text, place) => {
      if (place === 0) return el("a", { href: toTable(name) }, name);
      if (isPending && place === 1) return el("span", { class: "pending" }, "reading");
      return words(text);
    });
  }

  function sortBy(name) {
    const isSame = kept.column === name;
    kept.direction = isSame ? -kept.direction : session.columns[places.get(name)].hasAmounts ? -1 : 1;
    kept.column = name;
    arrange();
  }

  function arrange() {
    const { wanted, unknown } = terms(kept.filter, places);
    const names = [];
    for (const [name, row] of live.tables) if (wanted.every((each) => each(row))) names.push(name);
    const place = places.get(kept.column) ?? 0;
    const hasAmounts = session.columns[place].hasAmounts;
    names.sort((a, b) => {
      const [one, other] = [live.tables.get(a), live.tables.get(b)];
      const order = hasAmounts
        ? (one.amounts[place] ?? -1) - (other.amounts[place] ?? -1)
        : NAMES.compare(one.cells[place], other.cells[place]);
      return order * kept.direction || NAMES.compare(a, b);
    });
    rows.sorted(kept.column, kept.direction);
    rows.unused(unusedColumns());
    rows.show(names);
    say(names.length, unknown);
  }

  function unusedColumns() {
    const found = new Set(columns.map((each) => each.name));
    let isKnown = false;
    for (const { cells, isPending } of live.tables.values()) {
      isKnown ||= !isPending;
      for (const name of found) if (cells[places.get(name)]) found.delete(name);
      if (!found.size) break;
    }
    return isKnown ? found : new Set();
  }

  function say(shown, unknown) {
    const all = live.tables.size;
    const text = !live.isListed && !all ? "" : unknown ? "" : shown === all ? `${COUNT.format(all)} ${all === 1 ? "table" : "tables"}` : `${COUNT.format(shown)} of ${COUNT.format(all)} tables`;
    if (count.textContent !== text) fill(count, text);
    empty.hidden = shown > 0;
    fill(empty, unknown || reasonForNone(all));
  }

  function reasonForNone(all) {
    if (all) return "No table matches the filter.";
    if (live.isListed) return "The endpoint has no tables.";
    return live.status.has("tables") ? "The tables could not be listed yet." : "Loading";
  }

  function shortcut(event) {
    if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    filter.focus();
  }

  const arrangeSoon = throttled(arrange, 60);
  document.addEventListener("keydown", shortcut);
  arrange();
  requestAnimationFrame(() => { rows.node.scrollTop = kept.scroll; });
  return {
    title: "Tables",
    node: el("div", { class: "view fills" },
      el("div", { class: "head" }, el("h1", {}, "Tables"), count, el("div", { class: "search" }, el("label", { for: "filter" }, "Filter"), filter)),
      empty, rows.node),
    update: (changes) => { if ("tables" in changes || "status" in changes) arrangeSoon(); },
    close: () => {
      kept.scroll = rows.node.scrollTop;
      rows.close();
      document.removeEventListener("keydown", shortcut);
    },
  };
}

// Each word of the filter as a condition on a row: `status=active` on a column, a word without `=` on all columns.
// UNKNOWN says which column there is not; no row matches then.
function terms(text, places) {
  const wanted = [];
  let unknown = "";
  for (const word of text.toLowerCase().split(/\s+/).filter(Boolean)) {
    const [, column, sign, value] = word.match(/^([^=:]*)([=:])(.*)$/) ?? [];
    const place = places.get(column === "name" ? "table" : column);
    if (place !== undefined) wanted.push((row) => row.cells[place].toLowerCase().includes(value));
    else if (sign === "=") {
      wanted.push(() => false);
      unknown ||= `There is no column '${column}'; it is one of ${[...places.keys()].join(", ")}.`;
    } else wanted.push((row) => row.cells.some((each) => each.toLowerCase().includes(word)));
  }
  return { wanted, unknown };
}
