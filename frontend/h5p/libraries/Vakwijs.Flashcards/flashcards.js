// Cards with a question on one side and its answer on the other. MIT, see ../../LICENSE.
Vakwijs.define("Flashcards", {
  cards: function () { return this.params.cards || []; },
  initial: function () {
    return { v: 1, at: 0, shown: false, known: {}, round: (this.params.cards || []).map(function (card, index) { return index; }), done: false };
  },
  score: function () {
    var known = this.state.known;
    return { raw: this.cards().filter(function (card, index) { return known[index]; }).length, max: this.cards().length };
  },
  definition: function () { return { interactionType: "other", type: "http://adlnet.gov/expapi/activities/cmi.interaction" }; },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el;
    if (state.at >= state.round.length) return this.renderEnd(body);
    var card = this.cards()[state.round[state.at]] || {};
    body.appendChild(this.route("card", state.at, state.round.length));
    body.appendChild(el("div", { class: "vw-ex-card vw-ex-flip" }, [
      el("div", {}, [el("p", { class: "vw-ex-side", text: this.word("front") }), el("p", { class: "vw-ex-face", text: Vakwijs.plain(card.front) })]),
      state.shown && el("div", { class: "vw-ex-face--back" }, [el("p", { class: "vw-ex-side", tabindex: "-1", text: this.word("back") }), el("p", { class: "vw-ex-face", text: Vakwijs.plain(card.back) })])
    ]));
    if (!state.shown) {
      body.appendChild(this.actions([this.button(this.word("show"), function () {
        state.shown = true;
        self.draw(false);
        self.say(Vakwijs.plain(card.back));
        self.body.querySelector(".vw-ex-actions button").focus();
      })]));
    } else {
      body.appendChild(this.actions([
        this.button(this.word("knew"), function () { self.judge(true); }),
        this.button(this.word("notYet"), function () { self.judge(false); }, { kind: "plain" })
      ]));
    }
  },

  judge: function (knew) {
    var state = this.state;
    state.known[state.round[state.at]] = knew;
    state.at += 1;
    state.shown = false;
    var ends = state.at >= state.round.length;
    this.draw(true);
    if (ends) {
      state.done = true;
      this.report("completed");
    }
  },

  renderEnd: function (body) {
    var self = this, state = this.state, score = this.score();
    var others = this.cards().map(function (card, index) { return index; }).filter(function (index) { return !state.known[index]; });
    body.appendChild(this.summary(this.word("knewSum", { n: score.raw, m: score.max }), {
      extra: [others.length ? null : Vakwijs.el("p", { text: this.word("allKnown") })],
      retryWord: this.word("practise"),
      retry: others.length ? function () {
        state.round = others;
        state.at = 0;
        self.draw(true);
      } : null
    }));
  }
});
