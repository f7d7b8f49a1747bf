// Questions with one or more right options, each with feedback. MIT, see ../../LICENSE.
Vakwijs.define("Choice", {
  questions: function () { return this.params.questions || []; },
  initial: function () { return { v: 1, at: 0, chosen: {}, checked: {} }; },
  isRight: function (at) {
    var question = this.questions()[at], chosen = this.state.chosen[at] || [];
    return (question.options || []).every(function (option, index) { return Boolean(option.correct) === (chosen.indexOf(index) >= 0); });
  },
  marks: function () {
    var self = this, marks = {};
    Object.keys(this.state.checked).forEach(function (at) { marks[at] = self.isRight(at); });
    return marks;
  },
  score: function () {
    var self = this;
    return { raw: this.questions().filter(function (question, at) { return self.state.checked[at] && self.isRight(at); }).length, max: this.questions().length };
  },
  definitionOf: function (at) {
    var self = this, question = this.questions()[at];
    return {
      type: "http://adlnet.gov/expapi/activities/cmi.interaction", interactionType: "choice", description: this.texts(question.prompt), name: this.texts(question.prompt),
      choices: question.options.map(function (option, index) { return { id: String(index), description: self.texts(option.text) }; }),
      correctResponsesPattern: [question.options.map(function (option, index) { return option.correct ? String(index) : null; }).filter(function (id) { return id !== null; }).join("[,]")]
    };
  },
  definition: function () { return this.questions().length === 1 ? this.definitionOf(0) : {}; },
  response: function () { return this.questions().length === 1 ? (this.state.chosen[0] || []).join("[,]") : undefined; },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, at = state.at, count = this.questions().length;
    if (at >= count) return this.renderEnd(body);
    var question = this.questions()[at], chosen = state.chosen[at] || [], checked = Boolean(state.checked[at]);
    if (count > 1) body.appendChild(this.route("question", at, count, this.marks()));
    var name = Vakwijs.id();
    body.appendChild(el("fieldset", {}, [
      el("legend", { class: "vw-ex-prompt", text: Vakwijs.plain(question.prompt) }),
      el("p", { class: "vw-ex-note vw-ex-tip", text: this.word(question.multiple ? "several" : "one") }),
      el("div", { class: "vw-ex-options" }, (question.options || []).map(function (option, index) { return self.option(question, option, index, name, chosen, checked); }))
    ]));
    if (checked) {
      var right = this.isRight(at);
      body.appendChild(this.verdict(right ? "right" : "wrong", this.word(right ? "right" : "wrong")));
      body.appendChild(this.actions([
        this.button(this.word(at + 1 < count ? "next" : "finish"), function () { self.go(); }),
        right ? null : this.button(this.word("retry"), function () { delete state.checked[at]; self.draw(true); }, { kind: "plain" })
      ]));
    } else {
      body.appendChild(this.actions([this.button(this.word("check"), function () { self.check(); })]));
    }
    return undefined;
  },

  renderEnd: function (body) {
    var self = this, rows = [];
    this.questions().forEach(function (question, at) {
      if (self.state.checked[at] && self.isRight(at)) return;
      var best = (question.options || []).filter(function (option) { return option.correct; });
      rows.push(self.outcome(false, question.prompt, self.word("answerIs", { item: best.map(function (option) { return Vakwijs.plain(option.text); }).join("; ") }).replace(/([.?!]['’”"]?)\.$/, "$1"), best.length === 1 ? best[0].feedback : ""));
    });
    body.appendChild(this.summary(this.word("score", { n: this.score().raw, m: this.score().max }), { extra: this.lookAgain(rows) }));
  },

  option: function (question, option, index, name, chosen, checked) {
    var self = this, el = Vakwijs.el, isChosen = chosen.indexOf(index) >= 0;
    var input = el("input", {
      type: question.multiple ? "checkbox" : "radio", name: name, disabled: checked,
      on: { change: function () { self.choose(index, question.multiple, input.checked); } }
    });
    input.checked = isChosen;
    var shows = checked && (isChosen || option.correct);
    return el("label", { class: "vw-ex-option" + (isChosen ? " is-chosen" : "") + (shows ? (option.correct ? " is-right" : " is-wrong") : ""), "aria-disabled": checked }, [
      input,
      el("span", {}, [
        el("span", { text: Vakwijs.plain(option.text) }),
        shows ? el("span", { class: "vw-ex-note" }, [el("strong", { text: this.word(option.correct ? "correct" : "wrong") + (option.feedback ? ": " : "") }), el("span", { text: Vakwijs.plain(option.feedback) })]) : null
      ])
    ]);
  },

  choose: function (index, multiple, on) {
    var chosen = this.state.chosen[this.state.at] || [];
    chosen = multiple ? chosen.filter(function (other) { return other !== index; }).concat(on ? [index] : []) : [index];
    this.state.chosen[this.state.at] = chosen.sort();
    Array.prototype.forEach.call(this.body.querySelectorAll(".vw-ex-option"), function (label, i) { label.classList.toggle("is-chosen", chosen.indexOf(i) >= 0); });
  },

  check: function () {
    var at = this.state.at, chosen = this.state.chosen[at] || [];
    if (!chosen.length) {
      if (!this.body.querySelector(".vw-ex-missing")) this.body.appendChild(Vakwijs.el("p", { class: "vw-ex-missing", text: this.word("pick") }));
      return this.say(this.word("pick"));
    }
    this.state.checked[at] = true;
    this.draw(false);
    this.say(this.word(this.isRight(at) ? "right" : "wrong"));
    this.goOn();
    if (this.questions().length > 1) this.reportPart("vraag-" + (at + 1), this.definitionOf(at), chosen.join("[,]"), this.isRight(at));
    else this.report("answered");
    return undefined;
  },

  go: function () {
    this.state.at += 1;
    this.draw(true);
    if (this.state.at >= this.questions().length && this.questions().length > 1) this.report("completed");
  }
});
