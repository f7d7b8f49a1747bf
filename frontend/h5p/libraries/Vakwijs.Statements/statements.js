// True or not true, with why. MIT, see ../../LICENSE.
Vakwijs.define("Statements", {
  statements: function () { return this.params.statements || []; },
  initial: function () { return { v: 1, at: 0, said: {} }; },
  isRight: function (at) { return this.state.said[at] === Boolean(this.statements()[at].answer); },
  marks: function () {
    var self = this, marks = {};
    Object.keys(this.state.said).forEach(function (at) { marks[at] = self.isRight(at); });
    return marks;
  },
  score: function () {
    var self = this;
    return { raw: this.statements().filter(function (statement, at) { return self.state.said[at] !== undefined && self.isRight(at); }).length, max: this.statements().length };
  },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, at = state.at, count = this.statements().length;
    if (at >= count) return this.renderEnd(body);
    var statement = this.statements()[at], said = state.said[at];
    body.appendChild(this.route("statement", at, count, this.marks()));
    body.appendChild(el("div", { class: "vw-ex-card" }, [el("p", { class: "vw-ex-face", text: Vakwijs.plain(statement.text) })]));
    if (said === undefined) {
      body.appendChild(el("div", { class: "vw-ex-picks" }, [true, false].map(function (answer) {
        return el("button", { type: "button", class: "vw-ex-pick", text: self.word(answer ? "yes" : "no"), on: { click: function () { self.answer(answer); } } });
      })));
      return undefined;
    }
    var right = this.isRight(at);
    body.appendChild(this.verdict(right ? "right" : "wrong", this.word(right ? "right" : "wrong") + ". " + this.word("answerIs", { item: this.word(statement.answer ? "yes" : "no").toLowerCase() }), statement.explanation));
    body.appendChild(this.actions([this.button(this.word(at + 1 < count ? "next" : "finish"), function () { self.go(); })]));
    return undefined;
  },

  renderEnd: function (body) {
    var self = this, rows = [];
    this.statements().forEach(function (statement, at) {
      if (!self.isRight(at)) rows.push(self.outcome(false, statement.text, self.word("answerIs", { item: self.word(statement.answer ? "yes" : "no").toLowerCase() }), statement.explanation));
    });
    body.appendChild(this.summary(this.word("score", { n: this.score().raw, m: this.score().max }), { extra: this.lookAgain(rows) }));
  },

  answer: function (said) {
    var at = this.state.at, statement = this.statements()[at];
    this.state.said[at] = said;
    this.draw(false);
    this.say(this.body.querySelector(".vw-ex-verdict").textContent);
    this.goOn();
    var definition = {
      type: "http://adlnet.gov/expapi/activities/cmi.interaction", interactionType: "true-false", name: this.texts(statement.text), description: this.texts(statement.text),
      correctResponsesPattern: [statement.answer ? "true" : "false"]
    };
    this.reportPart("stelling-" + (at + 1), definition, said ? "true" : "false", this.isRight(at));
  },

  go: function () {
    this.state.at += 1;
    this.draw(true);
    if (this.state.at >= this.statements().length) this.report("completed");
  }
});
