// The frame's small comforts: menus that close, the zone of the browser, messages after an htmx answer. All pages work without it.
"use strict";

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]") ?? document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A form that asks for a time zone starts at the browser's own, unless the trader has chosen one.
for (const select of document.querySelectorAll("select[data-guess-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select.value === "UTC" && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

// A click anywhere on a row of a table opens what its link opens; a click on a control of the row stays its own.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr.is-link");
  if (!row || event.target.closest("a, button, input, select, label, summary") || String(getSelection())) return;
  row.querySelector("a.row-link")?.click();
});

// A select or checkbox that says so sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-send-on-change]")) event.target.form.requestSubmit();
});
