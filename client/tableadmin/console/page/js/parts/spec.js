// A table as text in one of several formats, to copy.

import { get } from "../api.js";
import { el, fill } from "../dom.js";
import { notice } from "./notice.js";
import { section } from "./sections.js";

const FORMATS = [["spec", "YAML spec"], ["json", "JSON spec"], ["cloudformation", "CloudFormation"], ["terraform", "Terraform"]];

export function spec(name) {
  const text = el("pre", { class: "text", tabindex: "0", "aria-label": "Spec" }, "Loading");
  const notes = el("div");
  const said = el("span", { class: "said", role: "status" });
  const format = el("select", { id: "format", onchange: load }, FORMATS.map(([value, label]) => el("option", { value }, label)));
  const copy = el("button", { type: "button", onclick: copied }, "Copy");

  async function load() {
    fill(said);
    try {
      const found = await get(`/api/tables/${encodeURIComponent(name)}/export`, { format: format.value });
      if (text.textContent !== found.text) fill(text, found.text);
      fill(notes, found.notes.map((each) => notice("info", each)));
    } catch (error) {
      fill(text);
      fill(notes, notice("error", error.message));
    }
  }

  async function copied() {
    try {
      await navigator.clipboard.writeText(text.textContent);
      fill(said, "Copied");
    } catch {
      getSelection().selectAllChildren(text);
      fill(said, "The browser does not allow copying. The text is selected.");
    }
  }

  const tools = el("div", { class: "tools" }, el("label", { for: "format" }, "Format "), format, copy, said);
  return { node: section("Spec", tools, notes, text), load };
}
