// A row opens beside the list where there is room for both; elsewhere, and without this script, its link leads to a page of its own.
import htmx from "htmx.org";

const roomForBoth = matchMedia("(min-width: 1100px)");
let opener = null;

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-beside]");
  if (link && roomForBoth.matches && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const side = document.getElementById(link.dataset.beside);
    await htmx.ajax("GET", link.href, { target: side, swap: "innerHTML" });
    for (const row of document.querySelectorAll("tr.is-open")) row.classList.remove("is-open");
    link.closest("tr")?.classList.add("is-open");
    opener = link.id;
    side.scrollTop = 0;
    side.querySelector("[tabindex='-1']")?.focus({ preventScroll: true });
  }
  if (event.target.closest?.("[data-beside-close]")) close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest?.(".vw-split__side")) close();
});

function close() {
  for (const side of document.querySelectorAll(".vw-split__side")) side.replaceChildren();
  for (const row of document.querySelectorAll("tr.is-open")) row.classList.remove("is-open");
  document.getElementById(opener)?.focus();
}
