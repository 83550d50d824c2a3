// A state as a word with a colour; the word alone says it all.

import { el } from "../dom.js";

const KINDS = {
  ACTIVE: "ok", ENABLED: "ok", SUCCEEDED: "ok", ACCEPTED: "ok",
  CREATING: "busy", UPDATING: "busy", DELETING: "busy", RUNNING: "busy", PENDING: "busy", ENABLING: "busy",
  DISABLING: "busy", ARCHIVING: "busy", SCHEDULED: "busy", AWAITING_APPROVAL: "wait", UNDER_WAY: "busy",
  CANCELLED: "wait", FAILED: "error", ABORTED: "error", UNREADABLE: "error", REFUSED: "error", UNKNOWN: "wait",
  INACCESSIBLE_ENCRYPTION_CREDENTIALS: "error", ARCHIVED: "wait",
};

export function badge(state) {
  const kind = KINDS[state.split(/[ ,]/)[0]] ?? "";
  return el("span", { class: `badge ${kind}` }, state.toLowerCase().replaceAll("_", " "));
}

export const hasKind = (state) => state.split(/[ ,]/)[0] in KINDS;
