// Addresses within the page: `#/tables/Music` and the like.

const ROUTES = [
  ["tables", "tables"],
  ["tables/:name", "table"],
  ["operations", "operations"],
  ["operations/:id", "operation"],
  ["approvals", "approvals"],
  ["plan", "plan"],
];

export function current() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const given = path.split("/");
  for (const [pattern, view] of ROUTES) {
    const params = matched(pattern.split("/"), given);
    if (params) return { view, section: given[0], params: { ...params, ...Object.fromEntries(new URLSearchParams(query)) } };
  }
  return { view: path === "" ? "tables" : "missing", section: path === "" ? "tables" : "", params: {} };
}

export const toTable = (name) => `#/tables/${encodeURIComponent(name)}`;
export const toOperation = (id) => `#/operations/${encodeURIComponent(id)}`;
export const toPlan = (name) => `#/plan?table=${encodeURIComponent(name)}`;

function matched(pattern, given) {
  if (pattern.length !== given.length) return null;
  const params = {};
  for (const [place, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decoded(given[place]);
    else if (part !== given[place]) return null;
  }
  return params;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
