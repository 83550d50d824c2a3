// A spec to edit: validated while the user types, planned, and applied.

import { get, post } from "../api.js";
import { debounced, el, fill } from "../dom.js";
import { applyForm } from "../parts/apply.js";
import { badge } from "../parts/badge.js";
import { isOffered, denied, notice } from "../parts/notice.js";
import { planLines } from "../parts/plan_lines.js";
import { live } from "../live.js";
import { session } from "../session.js";


export function plan({ table = null }) {
  // What the user has typed for this endpoint, until it is applied or the tab is closed.
  const place = `spec ${session.endpoint}`;
  const kept = { table: null, text: "", ...JSON.parse(sessionStorage.getItem(place)) };
  const editor = el("textarea", {
    id: "spec", class: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", wrap: "off", rows: "22",
    "aria-describedby": "problems", oninput: edited, onkeydown: keyed,
    placeholder: "TableName: Music\nBillingMode: PAY_PER_REQUEST\nKeySchema:\n- {AttributeName: Artist, KeyType: HASH}\nAttributeDefinitions:\n- {AttributeName: Artist, AttributeType: S}",
  });
  const problems = el("div", { id: "problems", class: "problems", role: "status" });
  const said = el("p", { class: "tally", role: "status" });
  const result = el("div", { class: "result" });
  const button = el("button", { type: "button", class: "primary", onclick: planned }, "Plan");
  const access = el("div");
  let version = 0;
  let isPlanning = false;

  function edited() {
    version += 1;
    isPlanning = false;
    kept.text = editor.value;
    keep();
    fill(said, (result.childElementCount > 0 || said.textContent) && "The spec was edited: plan again.");
    fill(result);
    validateSoon();
  }

  // A browser stores some megabytes; a longer text is kept by nobody but the user.
  function keep() {
    try {
      sessionStorage.setItem(place, JSON.stringify(kept));
    } catch {
      sessionStorage.removeItem(place);
    }
  }

  // Tab leaves the editor, as everywhere; Ctrl+Enter plans.
  function keyed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      planned();
    }
  }

  async function validate() {
    const asked = version;
    if (!editor.value.trim()) return fill(problems);
    try {
      const found = await post("/api/validate", { text: editor.value });
      if (asked === version) showProblems(found);
    } catch (error) {
      if (asked === version) fill(problems, notice("error", error.message));
    }
  }

  function showProblems(found) {
    const lines = found.problems.map(({ message, table: name, path, line }) =>
      el("li", {}, line ? el("button", { type: "button", class: "link", onclick: () => toLine(line) }, `Line ${line}`) : null,
        line ? ": " : null, [name, path, message].filter(Boolean).join(": ")));
    fill(problems,
      lines.length ? [notice("warn", lines.length === 1 ? "1 problem" : `${lines.length} problems`), el("ul", {}, lines)] : el("p", { class: "valid" }, "The spec is valid."),
      found.notes.map((each) => notice("info", each)));
  }

  function toLine(line) {
    const before = editor.value.split("\n").slice(0, line - 1).join("\n");
    const start = before.length + (line > 1 ? 1 : 0);
    const end = editor.value.indexOf("\n", start);
    editor.focus();
    editor.setSelectionRange(start, end < 0 ? editor.value.length : end);
  }

  async function planned() {
    const asked = version;
    button.disabled = isPlanning = true;
    sayWaiting();
    fill(result);
    try {
      const found = await post("/api/plan", { text: editor.value });
      if (asked === version) {
        show(found);
        result.scrollIntoView({ block: "nearest" });
      }
    } catch (error) {
      fill(said);
      fill(result, notice("error", error.message));
    }
    button.disabled = isPlanning = false;
  }

  // A call waits for a service that is away, for as long as a call may take.
  function sayWaiting() {
    const { state, reason } = live.status.get("service") ?? {};
    fill(said, state === "reconnecting" ? `Waiting for the service: ${reason}` : "Planning");
  }

  function show(found) {
    showProblems(found);
    if (found.plan === null) return fill(said, "The spec has problems: nothing was planned.");
    fill(said, `Plan: ${found.summary}`);
    return fill(result,
      found.costs.length > 0 && el("section", { class: "block", "aria-label": "Cost" }, el("h2", {}, "Cost"), planLines(found.costs)),
      found.plans.map((each) => el("section", { class: "block", "aria-label": `Plan for ${each.table}` },
        el("h2", {}, each.table, " ", el("span", { class: "action" }, each.action === "NONE" ? "no changes" : each.action.toLowerCase()), " ",
          each.classes.map((name) => el("span", { class: `class ${name.replaceAll(" ", "-")}` }, name))),
        planLines(each.lines))),
      applyForm(found, () => sessionStorage.removeItem(place)));
  }

  async function begin() {
    const offers = await get("/api/access").catch(() => ({}));
    if (offers.PlanTables && !isOffered(offers, "PlanTables")) {
      button.hidden = true;
      fill(access, denied(offers, ["PlanTables"]));
    }
    if (table && kept.table !== table) {
      fill(problems, "Loading the spec");
      try {
        const found = await get(`/api/tables/${encodeURIComponent(table)}/export`, { format: "spec" });
        kept.text = found.text;
        kept.table = table;
        keep();
        fill(problems);
      } catch (error) {
        fill(problems, notice("error", error.message));
      }
    }
    editor.value = kept.text;
    if (editor.value) validate();
  }

  const validateSoon = debounced(validate, 350);
  begin();
  return {
    title: "Plan",
    node: el("div", { class: "view" },
      el("div", { class: "head" }, el("h1", {}, "Plan")), access,
      el("div", { class: "editor" },
        el("div", {}, el("label", { for: "spec" }, "Table spec"), el("p", { class: "hint" }, "YAML or JSON, or another format that tablectl reads. Ctrl+Enter plans."), editor, el("div", { class: "tools" }, button)),
        el("div", {}, problems, said, result))),
    update: (changes) => { if ("status" in changes && isPlanning) sayWaiting(); },
  };
}
