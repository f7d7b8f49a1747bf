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

// A form with [data-keep] is sent only as a whole. Until then this tab holds what was filled in, for who does something else on the page
// first; where the same key stands in [data-kept], it was sent. Without this script the browser's own "back" is all there is.
const nameOf = (key) => `vakwijs:formulier:${key}`;
for (const form of document.querySelectorAll("form[data-keep]")) {
  const name = nameOf(form.dataset.keep);
  const say = () => form.querySelector("[data-keep-said]")?.removeAttribute("hidden");
  const fields = () => [...form.elements].filter((field) => field.name && field.type !== "hidden" && field.type !== "submit" && field.type !== "file");
  try {
    const held = JSON.parse(sessionStorage.getItem(name) ?? "null");
    for (const field of held ? fields() : []) {
      const given = held.filter(([of]) => of === field.name).map(([, value]) => value);
      if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
      else if (given.length) field.value = given[0];
    }
    if (held) say();
    form.addEventListener("input", () => {
      const names = new Set(fields().map((field) => field.name));
      try {
        sessionStorage.setItem(name, JSON.stringify([...new FormData(form)].filter(([of]) => names.has(of))));
        say();
      } catch {
        // Storage is full: the form itself still holds it.
      }
    });
  } catch {
    // Storage is forbidden, or holds something else.
  }
}
for (const done of document.querySelectorAll("[data-kept]")) {
  try {
    sessionStorage.removeItem(nameOf(done.dataset.kept));
  } catch {
    // Nothing was held.
  }
}
// Who logs out leaves nothing of it behind in the tab for who uses this browser next.
document.addEventListener("submit", (event) => {
  if (!event.target.matches('form[action$="/account/logout/"]')) return;
  try {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(nameOf(""))) sessionStorage.removeItem(name);
  } catch {
    // Storage is forbidden: nothing was held.
  }
});
