// Apply what was planned, and call onApplied; what loses something is confirmed by the name of the table.

import { post } from "../api.js";
import { el, fill } from "../dom.js";
import { toOperation } from "../router.js";
import { denied, isOffered, notice } from "./notice.js";

const isDenied = ({ offers, denials }) => !isOffered(offers, "ApplyPlan") || denials.length > 0;

export function applyForm({ plan, plans }, onApplied) {
  const changing = plans.filter((each) => each.action !== "NONE");
  if (!changing.length) return notice("ok", "All tables already match their specs.");
  const against = plans.filter((each) => each.refusal).map((each) => notice("error", `${each.table}: ${each.refusal}`));
  const denials = changing.filter(isDenied).map(({ table, offers, denials: steps }) => denied(offers, ["ApplyPlan"], steps, plans.length > 1 && table));
  if (against.length || denials.length) return el("div", {}, against, denials);

  const said = el("div", { role: "status" });
  const confirmations = plans.filter((each) => each.destroys).map(confirmation);
  const button = el("button", { type: "submit", class: "primary" }, "Apply");
  const form = el("form", { class: "apply", "aria-label": "Apply the plan", onsubmit: send }, confirmations.map((each) => each.node), button, said);
  check();

  function confirmation({ table, losses }) {
    const input = el("input", { type: "text", id: `confirm-${table}`, autocomplete: "off", spellcheck: "false", oninput: check });
    const node = el("div", { class: "confirm" },
      notice("warn", `${table}: this cannot be undone${losses.length ? `: ${losses.join("; ")}` : "."}`),
      el("label", { for: input.id }, "Type ", el("code", {}, table), " to confirm "), input);
    return { table, input, node };
  }

  function check() {
    button.disabled = confirmations.some(({ table, input }) => input.value !== table);
  }

  async function send(event) {
    event.preventDefault();
    button.disabled = true;
    fill(said, "Starting");
    try {
      const { operations } = await post("/api/apply", { plan, confirmed: confirmations.map(({ input }) => input.value) });
      onApplied();
      location.hash = operations.length === 1 ? toOperation(operations[0].id) : "#/operations";
    } catch (error) {
      fill(said, notice("error", error.message));
      check();
    }
  }

  const approvals = [...new Set(changing.flatMap((each) => each.approvals))];
  return el("div", {}, approvals.map((each) => notice("info", `The operation waits for approval by ${each}.`)), form);
}
