// After a refused form the summary of errors gets the focus, so that a screen reader starts there.
document.querySelector("[data-focus-on-load]")?.focus();

// Names of chosen files, under the field.
document.addEventListener("change", (event) => {
  const list = event.target.closest?.("[data-upload]")?.querySelector("[data-upload-chosen]");
  if (!list) return;
  list.replaceChildren(
    ...[...event.target.files].map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name} (${Math.max(1, Math.round(file.size / 1024))} kB)`;
      return item;
    }),
  );
});

// [data-print] prints; [data-copy="id"] copies the text of an element and says so in its own label for a moment.
document.addEventListener("click", async (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.innerText ?? source.value);
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  label.textContent = button.dataset.copied ?? before;
  setTimeout(() => (label.textContent = before), 4000);
});

// On a phone the filters of a search that was made fold up, or what was found stands a screen further down.
if (matchMedia("(max-width: 560px)").matches) document.querySelector("[data-fold-filters] .vw-filter__fold")?.removeAttribute("open");
