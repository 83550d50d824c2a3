// The endpoint that the page shows, and what the console says once.

import { get } from "./api.js";

const KEY = "endpoint";

export const session = { columns: [], endpoints: [], endpoint: "", server: "", principal: { name: "", groups: [] } };

export async function loadSession() {
  Object.assign(session, await get("/api/session", {}));
  const remembered = sessionStorage.getItem(KEY);
  if (session.endpoints.some((each) => each.name === remembered)) session.endpoint = remembered;
}

export function chooseEndpoint(name) {
  session.endpoint = name;
  sessionStorage.setItem(KEY, name);
}
