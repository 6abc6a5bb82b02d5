// Offers the browser's own time zone, where it is another than the trader's. Without it the form keeps the one that is set.
"use strict";

for (const form of document.querySelectorAll("form[data-zone-suggest]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const input = form.querySelector("input[name=time_zone]");
  if (!zone || zone === input.value) continue;
  input.value = zone;
  form.querySelector("[data-zone-words]").textContent = form.dataset.says.replace("{zone}", zone);
  form.querySelector("button").textContent = form.dataset.use.replace("{zone}", zone);
}
