// The frame of the page: navigation, endpoint, connection, and the view of the address.

import { ApiError } from "./api.js";
import { el, fill } from "./dom.js";
import { connect, live, onChange, reset } from "./live.js";
import { notice } from "./parts/notice.js";
import { current } from "./router.js";
import { chooseEndpoint, loadSession, session } from "./session.js";
import { approvals } from "./views/approvals.js";
import { operation } from "./views/operation.js";
import { operations } from "./views/operations.js";
import { plan } from "./views/plan.js";
import { table } from "./views/table.js";
import { tables } from "./views/tables.js";

const VIEWS = { tables, table, operations, operation, approvals, plan, missing };
const main = document.getElementById("main");
let shown = null;

function missing() {
  return { title: "Not found", node: notice("error", "The page has no such address.") };
}

function show({ focus }) {
  const { view, section, params } = current();
  shown?.close?.();
  shown = VIEWS[view](params);
  fill(main, shown.node);
  document.title = `${shown.title} · tablectl console`;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.hash === `#/${section}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  if (focus) main.focus({ preventScroll: true });
}

function showConnection() {
  const { text, kind, reason } = connection();
  const line = document.getElementById("connection");
  if (line.textContent !== text) line.textContent = text;
  line.dataset.kind = kind;
  const outage = document.getElementById("outage");
  outage.hidden = !reason;
  if (outage.textContent !== reason) outage.textContent = reason;
}

function connection() {
  if (live.hasEnded) return { text: "Ended", kind: "error", reason: "This session has ended: run tablectl console again and open the new address." };
  if (!live.isConnected && live.isLoaded) return { text: "Reconnecting", kind: "busy", reason: "The console does not answer: is tablectl console still running? The page reconnects by itself." };
  const { state = "connecting", reason = "" } = live.status.get("tables") ?? {};
  if (state === "reconnecting") return { text: "Reconnecting", kind: "busy", reason: `${outage()}, and the page reconnects by itself: ${live.status.get("service")?.reason || reason}` };
  if (state === "refused") return { text: "Refused", kind: "error", reason };
  return state === "live" ? { text: "Live", kind: "ok", reason: "" } : { text: "Connecting", kind: "busy", reason: "" };
}

// What is away: the service, or the endpoint if the service answers. Until that is known, no more than that something is.
function outage() {
  const { state } = live.status.get("service") ?? {};
  if (state === "reconnecting") return "The service does not answer";
  if (state === "live") return session.endpoint ? `The endpoint ${session.endpoint} cannot be reached` : "The endpoint cannot be reached";
  return "The tables cannot be read";
}

function showApprovalCount() {
  const waiting = [...live.operations.values()].filter((each) => each.state === "AWAITING_APPROVAL").length;
  document.getElementById("approval-count").textContent = waiting ? ` ${waiting}` : "";
}

function showSession() {
  const options = session.endpoints.map((each) => el("option", { value: each.name }, each.region ? `${each.name} (${each.region})` : each.name));
  // Who may not list the endpoints does not learn which one is the default.
  if (!session.endpoint) options.unshift(el("option", { value: "" }, "default"));
  const select = document.getElementById("endpoint");
  fill(select, options);
  select.value = session.endpoint;
  select.addEventListener("change", () => {
    chooseEndpoint(select.value);
    reset();
    show({ focus: false });
  });
  document.getElementById("principal").textContent = session.principal.name;
  document.getElementById("principal").title = session.principal.groups.join(", ");
}

async function start() {
  try {
    await loadSession();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    fill(main, notice("error", error.message));
    return;
  }
  showSession();
  onChange((changes) => {
    shown?.update?.(changes);
    showConnection();
    if ("operations" in changes) showApprovalCount();
  });
  connect();
  addEventListener("hashchange", () => show({ focus: true }));
  document.getElementById("skip").addEventListener("click", () => main.focus());
  show({ focus: false });
  showConnection();
}

start();
