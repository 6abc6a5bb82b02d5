// Keys: / searches, j and k walk the rows of the first table, Enter opens, g and a letter goes to a place, ? lists them.
"use strict";

const sheet = document.getElementById("keys");

for (const button of document.querySelectorAll("[data-keys-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => sheet.showModal());
}

function isTyping(target) {
  return target.closest("input, select, textarea, [contenteditable]") !== null;
}

function walk(step) {
  const rows = [...document.querySelectorAll("tr.is-link")];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.classList.contains("is-at"));
  const next = Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[at]?.classList.remove("is-at");
  rows[next].classList.add("is-at");
  rows[next].querySelector("a.row-link")?.focus({ preventScroll: true });
  rows[next].scrollIntoView({ block: "nearest" });
}

const acts = {
  "/": () => document.getElementById("search")?.focus(),
  "?": () => sheet?.showModal(),
  j: () => walk(1),
  k: () => walk(-1),
};

// The letter of a place of the menu, taken within this time after g.
const GO_MS = 1500;
let goUntil = 0;

function goTo(letter) {
  document.querySelector(`.sidebar [data-go="${CSS.escape(letter)}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.timeStamp < goUntil) {
    goUntil = 0;
    goTo(event.key);
    return;
  }
  if (event.key === "g") goUntil = event.timeStamp + GO_MS;
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
});
