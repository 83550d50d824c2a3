// Times as people read them: in the user's own time zone, with the moment in UTC as a title.

import { el } from "../dom.js";

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function moment(iso) {
  if (!iso) return "";
  return el("time", { datetime: iso, title: iso }, FORMAT.format(new Date(iso)));
}
