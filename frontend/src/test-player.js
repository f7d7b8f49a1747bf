// A test: each answer is kept on this device until the server has said that it is saved.
// Without this script the same forms post the same answers, one page at a time.

const page = document.querySelector("[data-vw-test]");
if (page) run(page);

function run(page) {
  const key = `vakwijs:toets:${page.dataset.vwTest}`;
  const form = page.querySelector("form[data-vw-autosave]");
  const saved = page.querySelector("[data-vw-saved]");
  let sending = null;
  let timer = 0;
  let pause = 2000;

  // --- What is not saved yet: position -> { url, fields, at }. Only the last answer of each question.
  const queue = {
    all: () => {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? "{}");
      } catch {
        return {};
      }
    },
    write: (waiting) => {
      try {
        sessionStorage.setItem(key, JSON.stringify(waiting));
      } catch {
        // Storage is full or forbidden: the form itself still holds the answer.
      }
    },
    put: (position, entry) => queue.write({ ...queue.all(), [position]: entry }),
    drop: (position, at) => {
      const waiting = queue.all();
      if (waiting[position]?.at === at) delete waiting[position];
      queue.write(waiting);
    },
  };

  const say = (text, waiting = false) => {
    if (!saved) return;
    if (saved.textContent !== text) saved.textContent = text;
    saved.classList.toggle("vw-test__saved--waiting", waiting);
  };

  // --- Saving
  function keep() {
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    queue.put(form.dataset.vwAutosave, { url: form.getAttribute("action"), fields, at: Date.now() });
  }

  /** Send everything that waits, oldest first. Answers true when nothing waits any more. */
  function flush() {
    sending ??= sendAll().finally(() => {
      sending = null;
    });
    return sending;
  }

  async function sendAll() {
    clearTimeout(timer);
    for (;;) {
      const [position, entry] = Object.entries(queue.all()).sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (!entry) {
        pause = 2000;
        return true;
      }
      const outcome = await send(entry);
      if (outcome === "retry") {
        timer = setTimeout(flush, pause);
        pause = Math.min(pause * 2, 30000);
        return false;
      }
      if (outcome === "stop") return false;
      queue.drop(position, entry.at);
    }
  }

  async function send(entry) {
    const body = new URLSearchParams(entry.fields);
    const token = page.querySelector("input[name=csrfmiddlewaretoken]");
    body.set("csrfmiddlewaretoken", token.value);
    body.set("ouderdom", String(Math.max(0, Date.now() - entry.at)));
    let response;
    try {
      response = await fetch(entry.url, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(15000) });
    } catch {
      say(page.dataset.offline, true);
      return "retry";
    }
    if (response.ok) {
      const answer = await response.json().catch(() => null);
      if (!answer?.saved) return "retry";
      if (answer.newer && entry.url === form?.getAttribute("action")) {
        queue.write({});
        location.reload(); // another device answered later: show that answer
        return "stop";
      }
      say(answer.saved);
      return "saved";
    }
    if (response.status === 409) {
      // Handed in, or time was up: nothing more can be saved.
      queue.write({});
      const { address } = await response.json();
      location.assign(address);
      return "stop";
    }
    if (response.type === "opaqueredirect" || response.status === 403) {
      say(page.dataset.refresh, true);
      return "stop";
    }
    if (response.status === 404 || response.status === 400) return "gone";
    say(page.dataset.offline, true);
    return "retry";
  }

  // --- The question on this page
  if (form) {
    restore(form, queue.all()[form.dataset.vwAutosave]);
    const steps = form.querySelector("input[name=stap]"); // in a case a choice stands, so it is sent only when made
    let typing = 0;
    form.addEventListener("input", (event) => {
      if (steps && event.target.name !== "later") return;
      keep();
      say(page.dataset.unsaved);
      clearTimeout(typing);
      typing = setTimeout(flush, event.target.matches("input[type=text], textarea") ? 900 : 150);
    });
    form.addEventListener("change", (event) => {
      if (!event.target.matches("[data-vw-order]")) return;
      keep();
      say(page.dataset.unsaved);
      clearTimeout(typing);
      typing = setTimeout(flush, 400);
    });
    form.addEventListener("submit", async (event) => {
      const where = event.submitter?.value;
      if (steps && form.querySelector("input[name=antwoord]:checked")) return; // the server walks the case
      event.preventDefault();
      clearTimeout(typing);
      keep();
      if (await flush()) leave(where);
    });
  }

  function leave(where) {
    // The answer is saved: the same form, sent again as a page would, goes on from there.
    const go = document.createElement("form");
    go.method = "post";
    go.action = form.getAttribute("action");
    for (const [name, value] of [...new FormData(form), ["naar", where ?? "volgende"]]) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      go.append(input);
    }
    document.body.append(go);
    go.submit();
  }

  // --- Handing in waits for what is not saved
  page.querySelector("form[data-vw-hand-in]")?.addEventListener("submit", async (event) => {
    const handIn = event.target;
    if (Object.keys(queue.all()).length === 0) {
      handIn.querySelector("button[type=submit]").disabled = true;
      return;
    }
    event.preventDefault();
    if (await flush()) handIn.requestSubmit();
    else say(page.dataset.hold, true);
  });

  window.addEventListener("online", () => flush());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  flush();
  clock(page);
}

/** Put back what this device still held for the question. */
function restore(form, entry) {
  if (!entry) return;
  const values = new Map();
  for (const [name, value] of entry.fields) values.set(name, [...(values.get(name) ?? []), value]);
  const list = form.querySelector("[data-vw-order]");
  if (list && values.has("volgorde")) {
    for (const id of values.get("volgorde")) {
      const item = [...list.children].find((child) => child.querySelector("input").value === id);
      if (item) list.append(item);
    }
  }
  for (const field of form.elements) {
    if (!field.name || ["csrfmiddlewaretoken", "volgorde", "stap"].includes(field.name) || field.type === "submit") continue;
    const given = values.get(field.name) ?? [];
    if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
    else if (given.length) field.value = given[0];
  }
}

/** Minutes while there are minutes, announced at ten, five and one; at the end the test is handed in. */
function clock(page) {
  const shown = page.querySelector("[data-vw-clock]");
  if (!shown) return;
  const ends = performance.now() + Number(shown.dataset.vwClock) * 1000;
  const text = shown.querySelector("[data-vw-clock-text]");
  const said = page.querySelector("[data-vw-clock-said]");
  const announce = new Set([10, 5, 1]);
  let last = Number.NaN;
  const tick = () => {
    const seconds = Math.ceil((ends - performance.now()) / 1000);
    if (seconds <= 0) {
      text.textContent = said.textContent = shown.dataset.over;
      page.querySelector("form[data-vw-time-up]").submit();
      return;
    }
    const minutes = Math.ceil(seconds / 60);
    if (minutes !== last) {
      text.textContent = minutes === 1 ? shown.dataset.one : shown.dataset.many.replace("#", String(minutes));
      shown.classList.toggle("vw-test__clock--short", minutes <= 1);
      if (!Number.isNaN(last) && announce.has(minutes)) said.textContent = text.textContent;
      last = minutes;
    }
    setTimeout(tick, Math.min(1000, Math.max(100, (seconds * 1000) % 1000 || 1000)));
  };
  tick();
}
