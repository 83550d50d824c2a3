// A table of any number of rows, of which the visible ones alone are elements.

import { el, fill } from "../dom.js";

// Rows beyond the visible ones, so that scrolling shows no gap.
const BEYOND = 12;
const HEIGHT = 34;

export class Rows {
  // `columns` are { name, heading, isNumber }; `cells(key)` has the contents of a row, `version(key)` is another
  // value whenever the contents are; `onSort(name)` is called for a heading.
  constructor({ label, columns, cells, version, onSort }) {
    this.cells = cells;
    this.version = version;
    this.keys = [];
    this.elements = new Map();
    this.headings = new Map(columns.map((each) => [each.name, heading(each, onSort)]));
    this.columns = columns;
    this.before = spacer();
    this.after = spacer();
    this.body = el("tbody", {}, this.before, this.after);
    this.table = el("table", { class: "rows live", "aria-label": label },
      el("thead", {}, el("tr", { "aria-rowindex": "1" }, [...this.headings.values()])), this.body);
    this.node = el("div", { class: "scroller tall", role: "region", "aria-label": label, tabindex: "0" }, this.table);
    this.node.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.node.addEventListener("keydown", (event) => this.keyed(event));
    this.size = new ResizeObserver(() => this.schedule());
    this.size.observe(this.node);
  }

  show(keys) {
    this.keys = keys;
    this.table.setAttribute("aria-rowcount", keys.length + 1);
    this.schedule();
  }

  sorted(name, direction) {
    for (const [each, node] of this.headings) {
      if (each === name) node.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else node.removeAttribute("aria-sort");
    }
  }

  // The columns that have no text in any row have as much room as their headings need.
  unused(names) {
    for (const [each, node] of this.headings) node.classList.toggle("unused", names.has(each));
  }

  close() {
    this.size.disconnect();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const top = Math.floor(this.node.scrollTop / HEIGHT);
    const first = Math.max(0, Math.min(top - BEYOND, this.keys.length - 1));
    const last = Math.min(this.keys.length, top + Math.ceil(this.node.clientHeight / HEIGHT) + BEYOND);
    const wanted = this.keys.slice(first, last);
    const kept = new Set(wanted);
    for (const [key, element] of this.elements) {
      if (!kept.has(key)) {
        element.row.remove();
        this.elements.delete(key);
      }
    }
    // A row that is where it belongs is not touched: it may have the focus.
    let place = this.before;
    for (const [number, key] of wanted.entries()) {
      const row = this.row(key);
      row.setAttribute("aria-rowindex", first + number + 2);
      if (place.nextSibling !== row) place.after(row);
      place = row;
    }
    stretch(this.before, first);
    stretch(this.after, Math.max(0, this.keys.length - last));
  }

  row(key) {
    const version = this.version(key);
    let element = this.elements.get(key);
    if (!element) {
      element = { row: el("tr"), version: undefined };
      this.elements.set(key, element);
    }
    // What has just gone is still drawn until the next `show`.
    if (element.version !== version && version !== undefined) {
      const hadFocus = element.row.contains(document.activeElement);
      fill(element.row, this.cells(key).map((cell, column) => this.cell(cell, column)));
      element.version = version;
      if (hadFocus) element.row.querySelector("a")?.focus();
    }
    return element.row;
  }

  cell(content, column) {
    const { name, isNumber } = this.columns[column];
    // The whole text of what is cut off.
    const attributes = { class: `${name}${isNumber ? " number" : ""}`, title: content.textContent ?? content };
    return column === 0 ? el("th", { scope: "row", ...attributes }, content) : el("td", attributes, content);
  }

  // Up and Down go from row to row, Home and End to the first and the last.
  keyed(event) {
    const row = event.target.closest?.("tbody tr");
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = Number(row.getAttribute("aria-rowindex")) - 2;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.keys.length - 1 }[event.key];
    if (to === undefined || !this.keys[to]) return;
    event.preventDefault();
    this.reveal(to);
    this.elements.get(this.keys[to])?.row.querySelector("a")?.focus({ preventScroll: true });
  }

  reveal(number) {
    const head = this.table.tHead.offsetHeight;
    const top = number * HEIGHT;
    const bottom = top + HEIGHT + head - this.node.clientHeight;
    if (this.node.scrollTop > top) this.node.scrollTop = top;
    else if (this.node.scrollTop < bottom) this.node.scrollTop = bottom;
    this.draw();
  }
}

function heading({ name, heading: text, isNumber }, onSort) {
  const content = onSort ? el("button", { type: "button", onclick: () => onSort(name) }, text) : text;
  return el("th", { scope: "col", class: `${name}${isNumber ? " number" : ""}` }, content);
}

// One cell: a cell across all columns would bring back those that a narrow screen hides.
function spacer() {
  return el("tr", { class: "spacer", "aria-hidden": "true" }, el("td"));
}

function stretch(row, count) {
  row.hidden = count === 0;
  row.firstChild.style.height = `${count * HEIGHT}px`;
}
