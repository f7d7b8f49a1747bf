// The lesson page's side of an H5P activity. The content runs in a frame without an origin: it can only send messages,
// and what it sends is a claim of the browser, never a fact. The server says who acts and what may be recorded.

const TIME_OUT = 25_000;
const LARGEST = 6_000; // pixels; content that asks for more scrolls within its frame
const RETRY_AFTER = [2_000, 5_000, 15_000, 60_000];

// All activities of a page send in one line, so that what was done first is recorded first.
let line = Promise.resolve();

class Activity {
  constructor(element) {
    this.element = element;
    this.frame = element.querySelector("iframe");
    this.status = element.querySelector("[data-h5p-status]");
    this.texts = element.dataset;
    this.records = Boolean(element.dataset.statements);
    this.waiting = []; // statements that the server has not confirmed
    this.states = new Map(); // the newest unsaved state per part
    this.isSending = false;
    this.failures = 0;
    this.growth = 0;
    this.timer = setTimeout(() => this.showProblem(this.texts.textTimeout), TIME_OUT);
    window.addEventListener("message", (event) => {
      // The origin of the frame is opaque ("null"), so the window itself is what we know it by.
      if (event.source === this.frame.contentWindow && event.data?.vakwijs === "h5p") this.receive(event.data);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
    });
    window.addEventListener("pagehide", () => this.leave());
    window.addEventListener("online", () => this.flush());
    this.say({ type: "hello" });
  }

  say(message) {
    this.frame.contentWindow?.postMessage({ vakwijs: "h5p", ...message }, "*");
  }

  receive(message) {
    if (message.type === "ready") this.start();
    if (message.type === "started") this.started();
    if (message.type === "failed") this.failed();
    if (message.type === "height") this.resize(message.height);
    if (message.type === "xapi" && this.records) this.queue(message.statement);
    if (message.type === "state" && this.records) this.keep(message);
  }

  async start() {
    if (this.isStarting) return;
    this.isStarting = true;
    let state = {};
    if (this.records) {
      try {
        const answer = await fetch(this.texts.state, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (answer.ok) state = (await answer.json()).state;
      } catch {
        // Without a connection the exercise still plays; it starts afresh.
      }
    }
    this.say({ type: "init", state, record: this.records });
  }

  started() {
    clearTimeout(this.timer);
    this.element.dataset.started = "true";
    if (this.status.dataset.problem) this.report("");
  }

  failed() {
    clearTimeout(this.timer);
    this.element.dataset.started = "failed";
  }

  showProblem(text) {
    this.status.dataset.problem = "true";
    this.report(text);
  }

  report(text) {
    if (!text) delete this.status.dataset.problem;
    this.status.textContent = text;
  }

  resize(height) {
    if (!Number.isFinite(height)) return;
    const wanted = Math.min(Math.max(Math.ceil(height), 60), LARGEST);
    const now = this.frame.clientHeight;
    // Content as tall as its frame would grow for ever.
    this.growth = wanted > now && wanted - now < 60 ? this.growth + 1 : 0;
    if (this.growth > 30 || wanted === now) return;
    this.frame.style.height = `${wanted}px`;
  }

  queue(statement) {
    this.waiting.push({ id: crypto.randomUUID?.() ?? fallbackUuid(), statement });
    this.flush();
  }

  keep({ sub, id, data }) {
    this.states.set(`${sub} ${id}`, { sub, id, data });
    clearTimeout(this.stateTimer);
    this.stateTimer = setTimeout(() => this.flush(), 400);
  }

  async flush() {
    if (this.isSending) return;
    this.isSending = true;
    clearTimeout(this.retry);
    try {
      while (this.waiting.length) {
        if (!(await this.post(this.texts.statements, this.waiting[0]))) return this.tryLater();
        this.waiting.shift();
      }
      for (const [key, state] of [...this.states]) {
        if (!(await this.post(this.texts.state, state))) return this.tryLater();
        if (this.states.get(key) === state) this.states.delete(key);
      }
      this.failures = 0;
    } finally {
      this.isSending = false;
    }
  }

  /** True when the server took it, or will never take it. */
  post(url, body) {
    const answer = line.then(() => this.send(url, body));
    line = answer;
    return answer;
  }

  async send(url, body, options = {}) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.texts.csrf },
        body: JSON.stringify(body),
        ...options,
      });
      if (answer.ok) {
        const { saved } = await answer.json();
        if (saved) this.report(this.texts.textSaved.replace("%s", saved));
      }
      return answer.ok || (answer.status >= 400 && answer.status < 500 && answer.status !== 429);
    } catch {
      return false;
    }
  }

  tryLater() {
    this.showProblem(this.texts.textUnsaved);
    this.retry = setTimeout(() => this.flush(), RETRY_AFTER[Math.min(this.failures++, RETRY_AFTER.length - 1)]);
  }

  /** The page may be gone in a moment: what waits goes out on its own, without an answer. */
  leave() {
    if (!this.records) return;
    this.say({ type: "save" });
    for (const state of this.states.values()) this.send(this.texts.state, state, { keepalive: true });
    for (const item of this.waiting) this.send(this.texts.statements, item, { keepalive: true });
  }
}

function fallbackUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

for (const element of document.querySelectorAll("[data-h5p]")) new Activity(element);
