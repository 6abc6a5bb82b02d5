// Drag and drop, the list of chosen files and the bar of an upload. The form works without it.
"use strict";

(() => {
  const outer = document.getElementById("upload");
  if (!outer) return;
  const part = (name) => outer.querySelector(`[data-${name}]`);
  const size = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

  function showChosen() {
    const input = outer.querySelector("input[type=file]");
    const words = outer.querySelector("form").dataset;
    const limit = Number(words.limit);
    const list = part("chosen");
    list.replaceChildren();
    let tooLarge = "";
    for (const file of input.files) {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("span"), { textContent: file.name }));
      item.append(Object.assign(document.createElement("span"), { className: "hint", textContent: size(file.size) }));
      list.append(item);
      if (file.size > limit) tooLarge = file.name;
    }
    const error = part("upload-error");
    error.hidden = !tooLarge;
    error.querySelector("span").textContent = tooLarge ? words.tooLarge.replace("{name}", tooLarge).replace("{size}", size(limit)) : "";
    input.setCustomValidity(tooLarge ? words.oneTooLarge : "");
  }

  function prepare() {
    const words = part("drop-words");
    if (words) words.hidden = false;
  }

  outer.addEventListener("change", (event) => {
    if (event.target.type === "file") showChosen();
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      part("drop")?.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) part("drop")?.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    part("drop").classList.remove("is-over");
    outer.querySelector("input[type=file]").files = event.dataTransfer.files;
    showChosen();
    outer.querySelector("form").requestSubmit();
  });
  outer.addEventListener("htmx:xhr:progress", (event) => {
    if (!event.detail.lengthComputable) return;
    const percent = Math.round((100 * event.detail.loaded) / event.detail.total);
    const progress = part("upload-progress");
    const words = outer.querySelector("form").dataset;
    progress.hidden = false;
    progress.querySelector("progress").value = percent;
    progress.querySelector("p").textContent = percent < 100 ? words.sending.replace("{percent}", percent) : words.sent;
  });
  outer.addEventListener("htmx:sendError", () => {
    const error = part("upload-error");
    error.hidden = false;
    error.querySelector("span").textContent = outer.querySelector("form").dataset.broken;
  });
  outer.addEventListener("htmx:afterSwap", prepare);
  prepare();
})();
