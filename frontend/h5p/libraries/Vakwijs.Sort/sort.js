// Sort items into groups, one at a time, with an overview at the end. MIT, see ../../LICENSE.
Vakwijs.define("Sort", {
  items: function () { return this.params.items || []; },
  piles: function () { return this.params.categories || []; },
  initial: function () {
    var count = (this.params.items || []).length;
    return { v: 1, order: Vakwijs.shuffled(count, count * 7919), at: {}, shown: null, round: null, checked: false };
  },
  pileBy: function (id) { return this.piles().filter(function (pile) { return pile.id === id; })[0]; },
  pileOf: function (index) { return this.pileBy(this.state.at[index]); },
  nameOf: function (id) { return Vakwijs.plain((this.pileBy(id) || {}).label); },
  /** What is being sorted now: everything, or after the end only what did not fit. */
  round: function () { return this.state.round || this.state.order; },
  isRight: function (index) { return this.state.at[index] === this.items()[index].category; },
  score: function () {
    var self = this;
    return { raw: this.items().filter(function (item, index) { return self.isRight(index); }).length, max: this.items().length };
  },
  definition: function () {
    var self = this;
    function described(name, text) { return { id: String(name), description: self.texts(text) }; }
    return {
      type: "http://adlnet.gov/expapi/activities/cmi.interaction",
      interactionType: "matching",
      source: this.items().map(function (item, index) { return described(index, item.text); }),
      target: this.piles().map(function (pile) { return described(pile.id, pile.label); }),
      correctResponsesPattern: [this.items().map(function (item, index) { return index + "[.]" + item.category; }).join("[,]")]
    };
  },
  response: function () {
    var at = this.state.at;
    return Object.keys(at).map(function (index) { return index + "[.]" + at[index]; }).join("[,]");
  },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el;
    if (state.checked) return this.renderEnd(body);
    var round = this.round(), todo = round.filter(function (index) { return !self.pileOf(index); });
    var index = state.shown !== null ? state.shown : todo[0];
    if (index === undefined) return body.appendChild(this.actions([this.button(this.word("finish"), function () { self.finish(); })]));
    var item = this.items()[index], marks = {};
    round.forEach(function (other, place) { if (self.pileOf(other)) marks[place] = self.isRight(other); });
    body.appendChild(this.route("item", round.indexOf(index), round.length, marks));
    body.querySelector("[data-focus]").removeAttribute("data-focus");
    var prompt = Vakwijs.id();
    body.appendChild(el("div", { class: "vw-ex-card vw-ex-card--tall" }, [el("p", { class: "vw-ex-face", id: prompt, tabindex: "-1", "data-focus": true, text: Vakwijs.plain(item.text) })]));
    if (state.shown === null) {
      body.appendChild(el("p", { class: "vw-ex-ask", text: this.word("whereTo") }));
      body.appendChild(el("div", { class: "vw-ex-picks", role: "group", "aria-labelledby": prompt }, this.piles().map(function (pile) {
        return el("button", { type: "button", class: "vw-ex-pick", text: Vakwijs.plain(pile.label), on: { click: function () { self.put(index, pile.id); } } });
      })));
      return undefined;
    }
    var right = this.isRight(index);
    body.appendChild(el("p", { class: "vw-ex-ask", text: this.word("saidChoice", { item: this.nameOf(state.at[index]) }) }));
    body.appendChild(this.verdict(right ? "right" : "other", right ? this.word("right") : this.word("fitsBetter", { item: this.nameOf(item.category) }), item.feedback));
    body.appendChild(this.actions([this.button(this.word(todo.length ? "next" : "finish"), function () {
      state.shown = null;
      if (todo.length) self.draw(true);
      else self.finish();
    })]));
    return undefined;
  },

  put: function (index, pile) {
    this.state.at[index] = pile;
    this.state.shown = index;
    this.draw(false);
    this.say(this.body.querySelector(".vw-ex-verdict").textContent);
    this.goOn();
  },

  finish: function () {
    this.state.checked = true;
    this.state.shown = null;
    this.draw(true);
    this.report("answered");
  },

  renderEnd: function (body) {
    var self = this, score = this.score();
    var groups = this.piles().map(function (pile) {
      var inside = self.state.order.filter(function (index) { return self.state.at[index] === pile.id; });
      var fitting = inside.filter(function (index) { return self.isRight(index); });
      var rows = inside.map(function (index) {
        var item = self.items()[index], right = self.isRight(index);
        return self.outcome(right, item.text, right ? "" : self.word("fitsBetter", { item: self.nameOf(item.category) }), right ? "" : item.feedback);
      });
      var note = inside.length ? self.word("placedHere", { n: fitting.length, m: inside.length }) : self.word("placedNone");
      return self.fold(Vakwijs.plain(pile.label), note, fitting.length < inside.length, rows.length ? [Vakwijs.el("ul", { class: "vw-ex-outcomes" }, rows)] : []);
    });
    body.appendChild(this.summary(this.word("score", { n: score.raw, m: score.max }), {
      extra: [Vakwijs.el("div", { class: "vw-ex-folds" }, groups)], retry: score.raw < score.max ? function () { self.improve(); } : null
    }));
  },

  improve: function () {
    var state = this.state;
    state.checked = false;
    state.round = state.order.filter(function (index) { return !this.isRight(index); }, this);
    state.round.forEach(function (index) { delete state.at[index]; });
    this.draw(true);
  }
});
