// Questions in the page. Everything also works without: the arrows post the form, and each area has its own choice below.

function moved(item, list) {
  const place = [...list.children].indexOf(item) + 1;
  const status = list.parentElement.querySelector("[data-vw-order-status]");
  if (status) status.textContent = `${item.querySelector(".vw-order__text").textContent.trim()}: ${list.dataset.moved} ${place}`;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-vw-order-move]");
  if (button) {
    event.preventDefault();
    const item = button.closest("[data-vw-order-item]");
    const list = item.parentElement;
    const up = button.dataset.vwOrderMove === "-1";
    const other = up ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (up) list.insertBefore(item, other);
    else list.insertBefore(other, item);
    button.focus();
    moved(item, list);
    return;
  }
  const area = event.target.closest("[data-vw-hotspot]");
  if (area) document.getElementById(area.dataset.vwHotspot)?.click();
});

// Dragging is an extra beside the arrows.
let dragged = null;
document.addEventListener("pointerover", (event) => {
  const item = event.target.closest?.("[data-vw-order-item]");
  if (item && event.pointerType === "mouse" && !item.closest(":disabled")) item.draggable = true;
});
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-vw-order-item]") ?? null;
  if (!dragged) return;
  dragged.classList.add("vw-order__item--dragged");
  event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-vw-order-item]");
  if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  over.parentElement.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? over : over.nextElementSibling);
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("vw-order__item--dragged");
  moved(dragged, dragged.parentElement);
  dragged = null;
});

function showChosenAreas(root) {
  for (const area of root.querySelectorAll("[data-vw-hotspot]")) {
    area.classList.toggle("vw-hotspot__area--chosen", Boolean(document.getElementById(area.dataset.vwHotspot)?.checked));
  }
}
document.addEventListener("change", (event) => {
  const answers = event.target.closest?.(".vw-answers");
  if (answers) showChosenAreas(answers);
});
document.addEventListener("htmx:afterSwap", () => showChosenAreas(document));
showChosenAreas(document);
