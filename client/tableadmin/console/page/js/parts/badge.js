// A state as a word with a colour; the word alone says it all.

import { el } from "../dom.js";

const KINDS = {
  ACTIVE: "ok", ENABLED: "ok", SUCCEEDED: "ok", ACCEPTED: "ok",
  CREATING: "busy", UPDATING: "busy", DELETING: "busy", RUNNING: "busy", PENDING: "busy", ENABLING: "busy",
  DISABLING: "busy", ARCHIVING: "busy", SCHEDULED: "busy", AWAITING_APPROVAL: "wait", UNDER_WAY: "busy",
  CANCELLED: "wait", FAILED: "error", ABORTED: "error", UNREADABLE: "error", REFUSED: "error", UNKNOWN: "wait",
  INACCESSIBLE_ENCRYPTION_CREDENTIALS: "error", ARCHIVED: "wait",
};

const STATES = new Set(Object.keys(KINDS).filter((each) => each !== "ENABLED"));
// A word alone, or before a name: `ENABLED ExpiresAt`.
const WORD = /^[A-Z]+(_[A-Z]+)+$|^(PROVISIONED|ENABLED|DISABLED|ENABLING|DISABLING|UNREADABLE)(?= |$)/;

export function badge(state) {
  const kind = KINDS[state.split(/[ ,]/)[0]] ?? "";
  return el("span", { class: `badge ${kind}` }, said(state));
}

const said = (text) => text.replace(/[A-Z]{2,}(_[A-Z]+)*/, (word) => word.toLowerCase().replaceAll("_", " "));

// A word of AWS as people write it: `pay per request`, and quietly what is off.
export function words(text) {
  if (text === "ACTIVE" || /^(CREAT|UPDAT|DELET|ARCHIV)ING/.test(text) || STATES.has(text)) return badge(text);
  if (text === "DISABLED" || text === "0" || text === "0 B") return el("span", { class: "off" }, said(text));
  return WORD.test(text) ? said(text) : text;
}
