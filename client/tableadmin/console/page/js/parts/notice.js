// A line that says what is wrong or what to know.

import { el } from "../dom.js";

export function notice(kind, ...text) {
  return el("p", { class: `notice ${kind}`, role: kind === "error" ? "alert" : undefined }, ...text);
}

// The reasons for which something is not offered, and MORE of them, each once. SUBJECT is whom they are about.
export function denied(offers, actions, more = [], subject = null) {
  const reasons = actions.filter((each) => offers[each]?.permitted === false).map((each) => offers[each].why);
  return [...new Set([...reasons, ...more])].map((each) => notice("info", `Not offered${subject ? ` for ${subject}` : ""}: ${each}`));
}

export const isOffered = (offers, action) => offers[action]?.permitted === true;
