// Delete a table, confirmed by its name.

import { post } from "../api.js";
import { el, fill } from "../dom.js";
import { notice } from "./notice.js";

export function deletion(name) {
  const input = el("input", { type: "text", id: "confirm-delete", autocomplete: "off", spellcheck: "false", oninput: check });
  const confirm = el("button", { type: "submit", class: "danger", "aria-label": `Delete ${name}` }, "Delete");
  const said = el("div", { role: "status" });
  const button = el("button", { type: "button", hidden: true, "aria-expanded": "false", onclick: () => (form.hidden ? open() : close()) }, "Delete table");
  const form = el("form", { class: "apply", hidden: true, "aria-label": `Delete ${name}`, onsubmit: send, onkeydown: keyed },
    el("div", { class: "confirm" },
      notice("warn", `${name} is deleted with all its items, for good.`),
      el("label", { for: input.id }, "Type ", el("code", {}, name), " to confirm "), input,
      confirm, el("button", { type: "button", onclick: close }, "Keep")),
    said);

  function check() {
    confirm.disabled = input.value !== name;
  }

  function open() {
    input.value = "";
    fill(said);
    check();
    show(true);
    input.focus();
  }

  function close() {
    show(false);
    button.focus();
  }

  function show(isOpen) {
    form.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  }

  function keyed(event) {
    if (event.key === "Escape") close();
  }

  async function send(event) {
    event.preventDefault();
    if (confirm.disabled) return;
    confirm.disabled = true;
    try {
      await post(`/api/tables/${encodeURIComponent(name)}/delete`, { confirmed: input.value });
      close();
    } catch (error) {
      fill(said, notice("error", error.message));
      check();
    }
  }

  return {
    button,
    form,
    offer(isOffered) {
      button.hidden = !isOffered;
      if (!isOffered) show(false);
    },
  };
}
