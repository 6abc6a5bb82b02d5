// Screenshots of a trade: sent as soon as they are chosen, dropped or pasted; opened large. Links and form work without it.
"use strict";

(() => {
  const form = document.querySelector("[data-shot-form]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-shot-drop]");
  const error = form.querySelector("[data-shot-error]");
  form.querySelector("[data-shot-words]").hidden = false;

  // ---- Sending ----
  function send(files) {
    const pictures = [...files].filter((file) => file.type.startsWith("image/"));
    if (pictures.length === 0) return;
    const tooLarge = pictures.find((file) => file.size > Number(form.dataset.limit));
    error.hidden = !tooLarge;
    if (tooLarge) {
      error.querySelector("span").textContent = `${tooLarge.name} ${form.dataset.tooLarge}`;
      input.value = "";
      return;
    }
    const chosen = new DataTransfer();
    for (const picture of pictures) chosen.items.add(picture);
    input.files = chosen.files;
    form.querySelector("[data-shot-status]").textContent = form.dataset.sending;
    form.requestSubmit();
  }

  input.addEventListener("change", () => send(input.files));
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    send(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    // Text that is pasted into a field stays text, also where the clipboard holds a picture of it.
    if (event.clipboardData.types.includes("text/plain")) return;
    send(event.clipboardData.files);
  });

  // ---- The large view ----
  const box = document.getElementById("lightbox");
  const links = [...document.querySelectorAll("a[data-shot]")];
  let at = 0;

  function show(index) {
    at = (index + links.length) % links.length;
    const { caption, words } = links[at].dataset;
    const picture = Object.assign(document.createElement("img"), { src: links[at].href, alt: words });
    box.querySelector("[data-lightbox-picture]").replaceChildren(picture);
    box.querySelector("[data-lightbox-words]").textContent = caption || words;
    box.querySelector("[data-lightbox-place]").textContent = `${at + 1} / ${links.length}`;
    for (const button of box.querySelectorAll("[data-lightbox-step]")) button.hidden = links.length < 2;
  }

  links.forEach((link, index) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(index);
      box.showModal();
    });
  });
  box.addEventListener("click", (event) => {
    const step = event.target.closest("[data-lightbox-step]");
    if (step) show(at + Number(step.dataset.lightboxStep));
    else if (event.target === box || event.target.closest("[data-lightbox-close]")) box.close();
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(at + step);
  });
  // Where the reader was: the picture that was looked at last.
  box.addEventListener("close", () => links[at]?.focus());
})();
