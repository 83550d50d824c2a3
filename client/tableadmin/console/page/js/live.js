// The newest state of tables and operations, which the console sends while the page is visible.

import { address } from "./api.js";

// A browser opens few connections to a host, so a page that nobody sees has none.
const RETRY = 1000;

export const live = {
  tables: new Map(),
  operations: new Map(),
  status: new Map(),
  isConnected: false,
  isLoaded: false,
  // Whether the tables were listed once: before, it is not known how many there are.
  isListed: false,
  hasEnded: false,
};

const listeners = new Set();
let source = null;
let timer = 0;

// Calls back with the changes by kind: for each kind the names that changed, or null for all of them.
export function onChange(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export function connect() {
  disconnect();
  if (document.hidden) return;
  source = new EventSource(address("/api/events"));
  source.addEventListener("reset", (event) => received(JSON.parse(event.data), true));
  source.addEventListener("changes", (event) => received(JSON.parse(event.data), false));
  source.addEventListener("error", lost);
}

export function reset() {
  for (const kind of ["tables", "operations", "status"]) live[kind].clear();
  live.isLoaded = false;
  live.isListed = false;
  tell({ tables: null, operations: null, status: null });
  connect();
}

document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));

function disconnect() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function received(kinds, isAll) {
  live.isConnected = true;
  live.isLoaded = true;
  const changed = {};
  for (const kind of ["tables", "operations", "status"]) {
    if (isAll) live[kind].clear();
    const values = Object.entries(kinds[kind] ?? {});
    for (const [name, value] of values) {
      if (value === null) live[kind].delete(name);
      else live[kind].set(name, value);
    }
    if (isAll || values.length) changed[kind] = isAll ? null : new Set(values.map(([name]) => name));
  }
  live.isListed ||= live.status.get("tables")?.state === "live";
  tell(changed);
}

function lost() {
  disconnect();
  live.isConnected = false;
  tell({ status: null });
  timer = setTimeout(again, RETRY);
}

// The stream does not say why it failed; a request does.
async function again() {
  const response = await fetch("/index.html").catch(() => null);
  live.hasEnded = response?.status === 403;
  if (response?.ok) connect();
  else lost();
}

function tell(changes) {
  for (const each of listeners) each(changes);
}
