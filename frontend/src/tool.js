// A tool keeps what is typed in the page. All that leaves it is one count per visit, at the first real use.
const tool = document.querySelector("[data-tool-use]");

if (tool) {
  let counted = false;
  const count = () => {
    if (counted) return;
    counted = true;
    navigator.sendBeacon(tool.dataset.toolUse);
  };
  window.addEventListener("hashchange", count);
  tool.addEventListener("input", count);
}

const format = document.querySelector("[data-format]");

if (format) {
  const parts = [...format.querySelectorAll("[data-format-part]")];

  // Paper shows all of a text, also where a browser would print only the part of a field that is in sight.
  window.addEventListener("beforeprint", () => {
    for (const part of parts) format.querySelector(`[data-mirror="${part.id}"]`).textContent = part.value;
  });

  format.querySelector("[data-copy-format]").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    const text = parts.map((part) => `${part.dataset.formatPart}\n${part.value.trim() || "–"}`).join("\n\n");
    await navigator.clipboard.writeText(text);
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    format.querySelector("[data-copy-status]").textContent = button.dataset.copied;
    setTimeout(() => {
      label.textContent = before;
      format.querySelector("[data-copy-status]").textContent = "";
    }, 4000);
  });
}
