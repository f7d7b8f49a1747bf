// Dense tables by keyboard: j/k or the arrows walk the rows, x chooses one, Enter opens its first link; shift-click chooses a range.
function rowsOf(table) {
  return [...table.tBodies[0].rows];
}

function choiceOf(row) {
  return row.querySelector(".vw-table__choose input");
}

function count(table) {
  const form = table.closest("form");
  const output = form?.querySelector("[data-bulk-count]");
  const everything = form?.querySelector("[data-bulk-all]:checked");
  const chosen = rowsOf(table).filter((row) => choiceOf(row)?.checked).length;
  if (output) {
    output.dataset.label ??= output.textContent;
    output.textContent = `${output.dataset.label} ${everything ? everything.dataset.bulkAll : chosen}`;
  }
  const all = table.querySelector("[data-choose-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === rowsOf(table).length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
}

function focusRow(row) {
  (row.querySelector("a") ?? choiceOf(row))?.focus();
}

document.addEventListener("change", (event) => {
  const table = event.target.matches("[data-bulk-all]")
    ? event.target.form.querySelector("[data-bulk-table]")
    : event.target.closest?.("[data-bulk-table]");
  if (!table) return;
  if (event.target.matches("[data-choose-all]")) {
    for (const row of rowsOf(table)) if (choiceOf(row)) choiceOf(row).checked = event.target.checked;
  }
  count(table);
});

// Who comes back to the page finds the rows chosen that they had chosen.
window.addEventListener("pageshow", () => document.querySelectorAll("[data-bulk-table]").forEach(count));

let last = null;
document.addEventListener("click", (event) => {
  const choice = event.target.closest?.(".vw-table__choose input:not([data-choose-all])");
  if (!choice) return;
  const table = choice.closest("table");
  if (event.shiftKey && last && table.contains(last)) {
    const rows = rowsOf(table);
    const [from, to] = [rows.indexOf(last.closest("tr")), rows.indexOf(choice.closest("tr"))].sort((a, b) => a - b);
    for (const row of rows.slice(from, to + 1)) choiceOf(row).checked = choice.checked;
    count(table);
  }
  last = choice;
});

document.addEventListener("keydown", (event) => {
  const table = event.target.closest?.("[data-bulk-table]");
  if (!table || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = event.target.closest("tbody tr");
  if (!row) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step) {
    const next = rowsOf(table)[rowsOf(table).indexOf(row) + step];
    if (next) {
      event.preventDefault();
      focusRow(next);
    }
  } else if (event.key === "x" && choiceOf(row)) {
    choiceOf(row).click();
  }
});
