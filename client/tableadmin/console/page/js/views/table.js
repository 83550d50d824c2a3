// One table: everything that is known of it, its last operations, and its spec.

import { get } from "../api.js";
import { el, fill, throttled } from "../dom.js";
import { live } from "../live.js";
import { badge } from "../parts/badge.js";
import { deletion } from "../parts/deletion.js";
import { denied, isOffered, notice } from "../parts/notice.js";
import { operationTable } from "../parts/operation_rows.js";
import { section, sections } from "../parts/sections.js";
import { spec } from "../parts/spec.js";
import { toPlan } from "../router.js";

export function table({ name }) {
  const text = spec(name);
  const state = el("span", { class: "state" });
  const edit = el("a", { class: "button primary", href: toPlan(name), hidden: true }, "Edit and plan");
  const removal = deletion(name);
  const refusals = el("div", { class: "notices" });
  const body = el("div", { class: "sections" }, el("p", { class: "empty" }, "Loading"));
  const last = el("div");
  let isSpecShown = false;
  let wasSeen = false;
  let isClosed = false;

  async function load() {
    try {
      const found = await get(`/api/tables/${encodeURIComponent(name)}`);
      if (isClosed) return;
      edit.hidden = !isOffered(found.offers, "PlanTables");
      removal.offer(isOffered(found.offers, "DeleteTable"));
      fill(refusals, denied(found.offers, ["ExportTables", "PlanTables", "ApplyPlan", "DeleteTable"]));
      fill(body, found.unreadable.map((each) => notice("warn", each)), sections(found.sections));
      fill(last, section("Last operations", operationTable("Last operations", found.operations)));
      if (isOffered(found.offers, "ExportTables")) showSpec();
    } catch (error) {
      if (!isClosed) fill(body, wasSeen && error.status === 404 ? notice("info", "The table is gone.") : notice("error", error.message));
    }
  }

  function showSpec() {
    if (!isSpecShown) node.append(text.node);
    isSpecShown = true;
    text.load();
  }

  function showState() {
    const row = live.tables.get(name);
    wasSeen ||= row !== undefined;
    const isGone = wasSeen && live.isLoaded && !row;
    fill(state, row?.cells[1] ? badge(row.cells[1]) : isGone && badge("DELETED"));
    if (!isGone) return;
    edit.hidden = true;
    removal.offer(false);
  }

  const loadSoon = throttled(load, 250);
  const node = el("div", { class: "view" },
    el("div", { class: "head" }, el("p", { class: "trail" }, el("a", { href: "#/tables" }, "Tables"), " /"), el("h1", {}, name), state),
    el("div", { class: "tools" }, edit, removal.button), removal.form, refusals, body, last);
  load();
  showState();
  return {
    title: name,
    node,
    update(changes) {
      const isChanged = changes.tables === null || changes.tables?.has(name);
      const isOperated = [...(changes.operations ?? [])].some((id) => live.operations.get(id)?.table === name);
      if (isChanged) showState();
      if (isChanged || isOperated) loadSoon();
    },
    close: () => { isClosed = true; },
  };
}
