// Approve or reject an operation, with a comment.

import { post } from "../api.js";
import { el, fill } from "../dom.js";
import { denied, isOffered, notice } from "./notice.js";

const ACTIONS = ["ApproveOperation", "RejectOperation"];

export function decision(operation, onDone) {
  const { id, table, offers, approvers } = operation;
  const offered = ACTIONS.filter((each) => isOffered(offers, each));
  const said = el("div", { role: "status" });
  if (!offered.length) return el("div", { class: "decision" }, denied(offers, ACTIONS), approvers && notice("info", `Can be approved by ${approvers}.`));
  const comment = el("input", { type: "text", id: `comment-${id}`, maxlength: "1000", autocomplete: "off" });
  const buttons = offered.map((action) => {
    const verb = action === "ApproveOperation" ? "Approve" : "Reject";
    return el("button", {
      type: "button", class: verb === "Approve" ? "primary" : "", "aria-label": `${verb} the operation on ${table}`,
      onclick: () => decide(verb.toLowerCase()),
    }, verb);
  });

  async function decide(verb) {
    for (const each of buttons) each.disabled = true;
    try {
      const done = await post(`/api/operations/${encodeURIComponent(id)}/${verb}`, { comment: comment.value });
      onDone(`${table}: ${verb === "approve" ? "approved" : "rejected"}, ${done.words}.`);
      return;
    } catch (error) {
      fill(said, notice("error", error.message));
    }
    for (const each of buttons) each.disabled = false;
  }

  return el("div", { class: "decision" },
    el("label", { for: comment.id }, "Comment "), comment, buttons, said, denied(offers, ACTIONS));
}
