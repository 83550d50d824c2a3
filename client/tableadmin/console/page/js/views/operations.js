// The operations of the endpoint, newest first.

import { el, fill, throttled } from "../dom.js";
import { live } from "../live.js";
import { notice } from "../parts/notice.js";
import { COLUMNS, cells } from "../parts/operation_rows.js";
import { Rows } from "../parts/rows.js";

const kept = { filter: "", isOpen: false };

export function operations() {
  const count = el("output", { class: "tally", role: "status", for: "filter" });
  const said = el("div");
  const filter = el("input", { type: "search", id: "filter", value: kept.filter, autocomplete: "off", spellcheck: "false", placeholder: "table, state or person", oninput: () => { kept.filter = filter.value; arrange(); } });
  const open = el("input", { type: "checkbox", id: "open", onchange: () => { kept.isOpen = open.checked; arrange(); } });
  open.checked = kept.isOpen;
  const rows = new Rows({ label: "Operations", columns: COLUMNS, cells: (id) => cells(live.operations.get(id)), version: (id) => live.operations.get(id) });
  rows.table.classList.add("operations");

  function arrange() {
    const words = kept.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const ids = [...live.operations.values()]
      .filter((each) => !(kept.isOpen && each.ended))
      .filter((each) => words.every((word) => [each.table, each.words, each.by, each.id].some((text) => text.toLowerCase().includes(word))))
      .map((each) => each.id)
      .sort()
      .reverse();
    rows.show(ids);
    const text = `${ids.length} ${ids.length === 1 ? "operation" : "operations"}`;
    if (count.textContent !== text) fill(count, text);
  }

  function explain() {
    const { state, reason } = live.status.get("operations") ?? {};
    fill(said, state === "refused" && notice("info", reason));
  }

  const arrangeSoon = throttled(arrange, 60);
  arrange();
  explain();
  return {
    title: "Operations",
    node: el("div", { class: "view fills" },
      el("div", { class: "head" }, el("h1", {}, "Operations"), count,
        el("label", { class: "check", for: "open" }, open, " Only open"), el("div", { class: "search" }, el("label", { for: "filter" }, "Filter"), filter)),
      said, rows.node),
    update(changes) {
      if ("operations" in changes) arrangeSoon();
      if ("status" in changes) explain();
    },
    close: () => rows.close(),
  };
}
