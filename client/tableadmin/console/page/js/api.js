// Requests to the console. An error has the one readable line that the service or the console says.

import { session } from "./session.js";

export class ApiError extends Error {
  constructor(message, reason, status) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

export const get = (path, query) => request(path, query, { method: "GET" });

export const post = (path, body) =>
  request(path, undefined, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

export function address(path, query = {}) {
  const values = new URLSearchParams({ ...(session.endpoint && { endpoint: session.endpoint }), ...query });
  return values.size ? `${path}?${values}` : path;
}

async function request(path, query, options) {
  let response;
  try {
    response = await fetch(address(path, query), options);
  } catch {
    throw new ApiError("the console does not answer: is tablectl console still running?", "NO_CONSOLE", 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = answer.error ?? { message: response.statusText, reason: "" };
  throw new ApiError(error.message, error.reason, response.status);
}
