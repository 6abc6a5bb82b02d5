// Parts of a page that ask every few seconds whether they have changed. 304 says no and costs nothing; without scripts, reload.
"use strict";

const keepUp = (part) => {
  let tag = "";
  const every = Number(part.dataset.liveEvery || 5) * 1000;

  const put = (html) => {
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const sheet = part.querySelector(".table-wrap");
    const [left, top] = sheet ? [sheet.scrollLeft, sheet.scrollTop] : [0, 0];
    part.innerHTML = html;
    part.querySelector(".table-wrap")?.scrollTo(left, top);
    if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  };

  // What the trader is at, an open menu or a field that has the focus, is not taken away meanwhile.
  const isInUse = () => part.querySelector("details.menu[open]") || part.contains(document.activeElement?.closest("form"));

  const ask = async () => {
    if (document.hidden || String(getSelection()) || isInUse()) return;
    const headers = { "HX-Request": "true" };
    if (tag) headers["If-None-Match"] = tag;
    const answer = await fetch(part.dataset.live, { headers, cache: "no-store", credentials: "same-origin" });
    // A redirect leads to the sign-in page: that is for the trader to see, by reloading, and not for this part.
    if (answer.status !== 200 || answer.redirected) return;
    tag = answer.headers.get("ETag") ?? "";
    put(await answer.text());
  };

  const again = () => ask().catch(() => {}).finally(() => setTimeout(again, every));
  setTimeout(again, every);
  document.addEventListener("visibilitychange", () => ask().catch(() => {}));
};

for (const part of document.querySelectorAll("[data-live]")) keepUp(part);
