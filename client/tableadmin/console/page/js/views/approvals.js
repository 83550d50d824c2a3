// The operations that wait for approval, each with its plan and the decision.

import { get } from "../api.js";
import { el, fill, throttled } from "../dom.js";
import { live } from "../live.js";
import { decision } from "../parts/decision.js";
import { notice } from "../parts/notice.js";
import { planLines } from "../parts/plan_lines.js";
import { moment } from "../parts/times.js";
import { toOperation, toTable } from "../router.js";

export function approvals() {
  const list = el("div", { class: "cards" });
  const count = el("output", { class: "tally", role: "status" });
  const said = el("div", { role: "status" });
  const cards = new Map();

  function show() {
    const waiting = [...live.operations.values()].filter((each) => each.state === "AWAITING_APPROVAL").sort((a, b) => (a.id < b.id ? -1 : 1));
    const ids = new Set(waiting.map((each) => each.id));
    for (const [id, card] of cards) {
      if (!ids.has(id)) {
        card.remove();
        cards.delete(id);
      }
    }
    for (const each of waiting) {
      if (!cards.has(each.id)) {
        const made = card(each, (text) => fill(said, notice("ok", text)));
        cards.set(each.id, made);
        list.append(made);
      }
    }
    const text = waiting.length ? `${waiting.length} waiting` : live.isLoaded ? "Nothing waits for approval." : "Loading";
    if (count.textContent !== text) fill(count, text);
  }

  const showSoon = throttled(show, 60);
  show();
  return {
    title: "Approvals",
    node: el("div", { class: "view" }, el("div", { class: "head" }, el("h1", {}, "Approvals"), count), said, list),
    update: (changes) => { if ("operations" in changes) showSoon(); },
  };
}

function card(row, onDone) {
  const body = el("div", {}, el("p", { class: "empty" }, "Loading"));
  get(`/api/operations/${encodeURIComponent(row.id)}`).then(
    (found) => fill(body, el("h3", {}, "Plan"), planLines(found.plan), decision(found, onDone)),
    (error) => fill(body, notice("error", error.message)),
  );
  return el("article", { class: "card", "aria-label": `Approval for ${row.table}` },
    el("h2", {}, el("a", { href: toTable(row.table) }, row.table)),
    el("p", { class: "about" }, "Asked by ", row.by || "unknown", ", ", moment(row.created), ". ", row.approvers && `Needs approval by ${row.approvers}. `,
      el("a", { href: toOperation(row.id) }, "Calls and details")),
    body);
}
