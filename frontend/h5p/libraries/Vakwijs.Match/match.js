// Choose for each left side what belongs to it, one at a time. MIT, see ../../LICENSE.
Vakwijs.define("Match", {
  pairs: function () { return this.params.pairs || []; },
  initial: function () {
    var count = (this.params.pairs || []).length;
    return { v: 1, order: Vakwijs.shuffled(count, count * 15485863), chosen: {}, open: 0, checked: false };
  },
  score: function () {
    var chosen = this.state.chosen;
    return { raw: this.pairs().filter(function (pair, index) { return chosen[index] === index; }).length, max: this.pairs().length };
  },
  definition: function () {
    var self = this;
    function side(key) { return self.pairs().map(function (pair, index) { return { id: String(index), description: self.texts(pair[key]) }; }); }
    return {
      type: "http://adlnet.gov/expapi/activities/cmi.interaction", interactionType: "matching", source: side("left"), target: side("right"),
      correctResponsesPattern: [this.pairs().map(function (pair, index) { return index + "[.]" + index; }).join("[,]")]
    };
  },
  response: function () {
    var chosen = this.state.chosen;
    return Object.keys(chosen).map(function (index) { return index + "[.]" + chosen[index]; }).join("[,]");
  },

  open: function () {
    var state = this.state;
    return this.pairs().map(function (pair, index) { return index; }).filter(function (index) { return state.chosen[index] === undefined; });
  },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, count = this.pairs().length;
    if (state.checked) return this.renderEnd(body);
    var at = state.open;
    if (!(at >= 0)) return this.renderReview(body);
    var pair = this.pairs()[at];
    body.appendChild(this.route("match", at, count));
    body.querySelector("[data-focus]").removeAttribute("data-focus");
    var prompt = Vakwijs.id();
    body.appendChild(el("div", { class: "vw-ex-card" }, [el("p", { class: "vw-ex-face", id: prompt, tabindex: "-1", "data-focus": true, text: Vakwijs.plain(pair.left) })]));
    body.appendChild(el("p", { class: "vw-ex-ask", text: this.word("choose") }));
    var free = state.order.filter(function (option) {
      return !Object.keys(state.chosen).some(function (key) { return state.chosen[key] === option && Number(key) !== at; });
    });
    body.appendChild(el("div", { class: "vw-ex-options", role: "group", "aria-labelledby": prompt }, free.map(function (option) { return self.option(at, option); })));
    var placed = this.pairs().map(function (other, index) { return index; }).filter(function (index) { return index !== at && state.chosen[index] !== undefined; });
    if (placed.length) body.appendChild(this.fold(this.word("matched", { n: placed.length }), "", false, [el("ul", { class: "vw-ex-items" }, placed.map(function (index) { return self.row(index); }))]));
    return undefined;
  },

  renderReview: function (body) {
    var self = this;
    body.appendChild(this.heading(this.word("review")));
    body.appendChild(Vakwijs.el("ul", { class: "vw-ex-items" }, this.pairs().map(function (pair, index) { return self.row(index); })));
    body.appendChild(this.actions([this.button(this.word("check"), function () { self.check(); })]));
  },

  renderEnd: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, good = [], other = [];
    this.pairs().forEach(function (pair, index) {
      var ok = state.chosen[index] === index;
      var text = Vakwijs.plain(pair.left) + " → " + Vakwijs.plain((self.pairs()[state.chosen[index]] || {}).right);
      (ok ? good : other).push(self.outcome(ok, text, ok ? "" : self.word("fitsBetter", { item: Vakwijs.plain(pair.right) }), pair.feedback));
    });
    var extra = this.lookAgain(other);
    if (good.length) extra.push(this.fold(this.word("right"), String(good.length), false, [el("ul", { class: "vw-ex-outcomes" }, good)]));
    body.appendChild(this.summary(this.word("score", { n: this.score().raw, m: this.score().max }), { extra: extra, retry: other.length ? function () { self.improve(); } : null }));
  },

  row: function (index) {
    var self = this, state = this.state, el = Vakwijs.el, left = Vakwijs.plain(this.pairs()[index].left);
    return el("li", { class: "vw-ex-item vw-ex-line" }, [
      el("div", {}, [el("p", { class: "vw-ex-pile-name", text: left }), el("p", { text: Vakwijs.plain(this.pairs()[state.chosen[index]].right) })]),
      this.button(this.word("change"), function () { state.open = index; self.draw(true); }, { kind: "small", label: this.word("change") + ": " + left })
    ]);
  },

  option: function (index, option) {
    var self = this, el = Vakwijs.el, isChosen = this.state.chosen[index] === option;
    return el("button", {
      type: "button", class: "vw-ex-option" + (isChosen ? " is-chosen" : ""), "aria-pressed": isChosen ? "true" : "false", text: Vakwijs.plain(this.pairs()[option].right), on: { click: function () { self.choose(index, option); } }
    });
  },

  choose: function (index, option) {
    this.state.chosen[index] = option;
    var open = this.open();
    this.state.open = open.length ? open[0] : -1;
    this.draw(true);
    this.say(this.word("chosen", { item: Vakwijs.plain(this.pairs()[option].right) }) + ". " + (open.length ? this.word("left", { n: open.length }) : ""));
  },

  check: function () {
    this.state.checked = true;
    this.draw(true);
    this.report("answered");
  },

  improve: function () {
    var state = this.state;
    state.checked = false;
    Object.keys(state.chosen).forEach(function (key) { if (state.chosen[key] !== Number(key)) delete state.chosen[key]; });
    state.open = this.open()[0];
    this.draw(true);
  }
});
