// <a href="…" data-dialog-open="id">: without this script the link leads to a page that asks the same.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog-open]");
  const dialog = opener && document.getElementById(opener.dataset.dialogOpen);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
});
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
});
