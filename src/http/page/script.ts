// The page's script, served as /stats.js: paints what the stream says has changed, and nothing else, so that scroll, focus
// and selection stay. The page is whole without it.

/** Plain JavaScript; sets texts and attributes only, never markup. */
export const STATS_JS = `"use strict";
(() => {
const SVG = "http://www.w3.org/2000/svg";
const LENGTH = 60;
const status = document.getElementById("live");
const lines = new Map();
let offset = Date.now() - Number(document.body.dataset.now);
let layout = document.body.dataset.layout;
let reading = false;

function say(text) { if (status && status.textContent !== text) status.textContent = text; }

function duration(ms) {
  if (!(ms >= 0)) return "0s";
  let seconds = Math.floor(ms / 1000);
  const parts = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(count + unit); else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join("") || "0s";
}

/* A text node that is changed keeps a selection that reaches into it. */
function setText(element, text) {
  const node = element.firstChild;
  if (node && node.nodeType === 3 && element.childNodes.length === 1) { if (node.data !== text) node.data = text; }
  else if (element.textContent !== text) element.textContent = text;
}

function only(cell, name) {
  let child = cell.firstElementChild;
  if (cell.childNodes.length !== 1 || !child || child.localName !== name) {
    child = document.createElement(name);
    cell.replaceChildren(child);
  }
  return child;
}

/* What was opened stays open, though its row moves down. */
const opened = new Set();
document.addEventListener("toggle", ({ target }) => {
  if (!target.dataset || target.dataset.key === undefined) return;
  if (target.open) opened.add(target.dataset.key); else opened.delete(target.dataset.key);
}, true);

function paintSteps(details, { x, l, k }) {
  const summary = document.createElement("summary");
  summary.textContent = x;
  const list = document.createElement("ol");
  list.className = "steps";
  for (const text of l) {
    const item = document.createElement("li");
    item.textContent = text;
    list.append(item);
  }
  const isFocused = details.dataset.key === k && details.contains(document.activeElement);
  details.replaceChildren(summary, list);
  details.dataset.key = k;
  details.open = opened.has(k);
  if (isFocused) summary.focus({ preventScroll: true });
}

function paint(cell, value) {
  if (cell.classList.contains("spark")) return;
  if (typeof value === "string") return setText(cell, value);
  if (value.s !== undefined) {
    const time = only(cell, "time");
    time.dataset.since = value.s;
    return setText(time, duration(Date.now() - offset - value.s));
  }
  if (value.l !== undefined) return paintSteps(only(cell, "details"), value);
  if (value.h === undefined) return setText(cell, value.x);
  const tip = only(cell, "span");
  tip.className = "tip";
  tip.tabIndex = 0;
  if (tip.title !== value.h) tip.title = value.h;
  setText(tip, value.x);
}

function change(row) {
  const element = document.getElementById(row.i);
  if (!element) return;
  if (row.c !== undefined && element.className !== row.c) element.className = row.c;
  if (element.localName !== "tr") return;
  for (const at in row.t) {
    const cell = element.children[at];
    if (cell) paint(cell, row.t[at]);
  }
}

function draw(id) {
  const points = lines.get(id);
  const row = document.getElementById(id);
  const cell = row && row.querySelector("td.spark");
  if (!cell || !points || points.length < 2) return;
  let svg = cell.firstElementChild;
  if (!svg) {
    svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 120 18");
    svg.setAttribute("role", "img");
    svg.append(document.createElementNS(SVG, "polyline"));
    cell.append(svg);
  }
  const top = Math.max(...points) || 1;
  const at = (value, index) => (index * 120 / (LENGTH - 1)).toFixed(1) + "," + (17 - 16 * value / top).toFixed(1);
  svg.firstElementChild.setAttribute("points", points.map(at).join(" "));
  const now = points[points.length - 1];
  svg.setAttribute("aria-label", cell.dataset.line + ": now " + now.toFixed(1) + ", highest " + top.toFixed(1));
}

function drawAll() {
  for (const row of document.querySelectorAll("td.spark[data-line]")) draw(row.parentElement.id);
}

async function readHistory() {
  const reply = await fetch("/stats/history", { credentials: "same-origin" });
  if (!reply.ok) return;
  for (const [id, points] of Object.entries(await reply.json())) lines.set(id, points);
  drawAll();
}

/* What an operator has checked and written stays. */
function fields() {
  const found = new Map();
  for (const form of document.querySelectorAll("form.admin")) {
    for (const field of form.elements) {
      const isBox = field.type === "checkbox";
      if (field.type !== "hidden" && field.name) found.set([form.id, field.name, isBox ? field.value : ""].join("|"), field);
    }
  }
  return found;
}

/* Rows came or went: the page is read again, and put where the old one was. */
async function readAgain() {
  if (reading) return;
  reading = true;
  try {
    const reply = await fetch(location.href, { credentials: "same-origin" });
    if (!reply.ok) return;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const scrolls = [...document.querySelectorAll(".scroll")].map((element) => [element.getAttribute("aria-label"), element.scrollLeft]);
    const focused = document.activeElement && document.activeElement.id;
    const written = [...fields()].map(([key, field]) => [key, field.checked, field.value]);
    for (const name of ["header", "main"]) {
      const fresh = page.querySelector(name);
      const old = document.querySelector(name);
      if (fresh && old) old.replaceChildren(...fresh.childNodes);
    }
    for (const details of document.querySelectorAll("details[data-key]")) details.open = opened.has(details.dataset.key);
    for (const element of document.querySelectorAll(".scroll")) {
      const found = scrolls.find(([label]) => label === element.getAttribute("aria-label"));
      if (found) element.scrollLeft = found[1];
    }
    const fresh = fields();
    for (const [key, checked, value] of written) {
      const field = fresh.get(key);
      if (!field) continue;
      if (field.type === "checkbox") field.checked = checked; else field.value = value;
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    document.body.dataset.layout = layout = page.body.dataset.layout;
    offset = Date.now() - Number(page.body.dataset.now);
    await readHistory();
  } finally {
    reading = false;
  }
}

setInterval(() => {
  const now = Date.now() - offset;
  for (const time of document.querySelectorAll("time[data-since]")) setText(time, duration(now - Number(time.dataset.since)));
}, 1000);

readHistory().catch(() => {});
if (document.body.dataset.live !== "no") {
  const stream = new EventSource("/stats/live");
  stream.addEventListener("open", () => say("live"));
  stream.addEventListener("error", () => say("connection lost, trying again"));
  stream.addEventListener("rows", (event) => {
    const data = JSON.parse(event.data);
    say("live");
    if (document.title !== data.title) document.title = data.title;
    for (const row of data.rows) change(row);
    if (data.layout !== layout) readAgain().catch(() => {});
  });
  stream.addEventListener("points", (event) => {
    for (const [id, value] of Object.entries(JSON.parse(event.data))) {
      const points = lines.get(id) || [];
      points.push(value);
      if (points.length > LENGTH) points.shift();
      lines.set(id, points);
    }
    drawAll();
  });
}
})();
`;
