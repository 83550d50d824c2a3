// One operation: its calls and waits as they happen, its plan, and what can be decided.

import { get, post } from "../api.js";
import { el, fill, throttled } from "../dom.js";
import { live } from "../live.js";
import { badge } from "../parts/badge.js";
import { decision } from "../parts/decision.js";
import { denied, isOffered, notice } from "../parts/notice.js";
import { planLines } from "../parts/plan_lines.js";
import { section, sections } from "../parts/sections.js";
import { toTable } from "../router.js";

export function operation({ id }) {
  const state = el("span", { class: "state" });
  const title = el("h1", {}, "Operation");
  const now = el("p", { class: "now", role: "status" });
  const decide = el("div");
  const said = el("div", { role: "status" });
  const body = el("div", { class: "sections" }, el("p", { class: "empty" }, "Loading"));
  let decided = null;
  let isClosed = false;

  async function load() {
    try {
      const found = await get(`/api/operations/${encodeURIComponent(id)}`);
      if (!isClosed) show(found);
    } catch (error) {
      if (!isClosed) fill(body, notice("error", error.message));
    }
  }

  function show(found) {
    fill(title, "Operation on ", el("a", { href: toTable(found.table) }, found.table));
    fill(state, badge(found.state));
    if (now.textContent !== found.now) fill(now, found.now);
    // A comment that somebody is typing stays.
    if (decided !== found.state) {
      decided = found.state;
      fill(decide, found.state === "AWAITING_APPROVAL" && decision(found, (text) => { fill(said, notice("ok", text)); load(); }), !found.ended && cancelling(found));
    }
    fill(body,
      found.plan.length > 0 && section("Plan", planLines(found.plan)),
      sections(found.sections),
      found.spec && section("Spec", el("pre", { class: "text", tabindex: "0", "aria-label": "Spec" }, found.spec)));
  }

  function cancelling({ offers, table }) {
    const said = el("span", { role: "status" });
    if (!isOffered(offers, "CancelOperation")) return denied(offers, ["CancelOperation"]);
    const button = el("button", { type: "button", "aria-label": `Cancel the operation on ${table}`, onclick: cancel }, "Cancel operation");
    async function cancel() {
      button.disabled = true;
      try {
        await post(`/api/operations/${encodeURIComponent(id)}/cancel`, {});
        fill(said, " The operation stops before its next call.");
      } catch (error) {
        button.disabled = false;
        fill(said, notice("error", error.message));
      }
    }
    return el("div", { class: "tools" }, button, said);
  }

  const loadSoon = throttled(load, 150);
  load();
  return {
    title: `Operation ${id}`,
    node: el("div", { class: "view" },
      el("div", { class: "head" }, el("p", { class: "trail" }, el("a", { href: "#/operations" }, "Operations"), " /"), title, state), said, now, decide, body),
    update(changes) {
      if (changes.operations === null || changes.operations?.has(id)) loadSoon();
    },
    close: () => { isClosed = true; },
  };
}
