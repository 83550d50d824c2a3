// Times as people read them: in the user's own time zone, with the moment in UTC as a title.

import { el } from "../dom.js";

const FORMAT = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export function moment(iso) {
  if (!iso) return "";
  return el("time", { datetime: iso, title: iso }, FORMAT.format(new Date(iso)));
}
