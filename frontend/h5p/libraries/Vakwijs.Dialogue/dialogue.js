// A conversation, read turn by turn, that pauses to ask what you would say. MIT, see ../../LICENSE.
Vakwijs.define("Dialogue", {
  turns: function () { return this.params.turns || []; },
  initial: function () { return { v: 1, at: 0, chosen: {} }; },
  questions: function () { return this.turns().filter(function (turn) { return turn.options && turn.options.length; }); },
  score: function () {
    var self = this;
    var raw = this.turns().filter(function (turn, at) {
      var option = turn.options && turn.options[self.state.chosen[at]];
      return option && option.best;
    }).length;
    return { raw: raw, max: this.questions().length };
  },
  kept: 2, // turns that stay open while reading
  definition: function () { return { type: "http://adlnet.gov/expapi/activities/cmi.interaction", interactionType: "other" }; },
  response: function () {
    var chosen = this.state.chosen;
    return Object.keys(chosen).map(function (at) { return at + "[.]" + chosen[at]; }).join("[,]");
  },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, turns = this.turns();
    var first = (turns.filter(function (turn) { return turn.speaker; })[0] || {}).speaker;
    function drawn(turn, at) {
      var isLast = at === state.at;
      if (turn.options && turn.options.length) return el("li", {}, self.question(turn, at));
      return el("li", { class: "vw-ex-turn" + (turn.speaker === first ? "" : " vw-ex-turn--b"), tabindex: isLast ? "-1" : null, "data-focus": isLast || null }, [
        el("p", { class: "vw-ex-speaker", text: Vakwijs.plain(turn.speaker) }), el("p", { text: Vakwijs.plain(turn.text) })
      ]);
    }
    function list(from, to) { return el("ol", { class: "vw-ex-turns", start: from + 1 }, turns.slice(from, to).map(function (turn, place) { return drawn(turn, from + place); })); }
    if (state.at >= turns.length) {
      return body.appendChild(this.summary(this.score().max ? this.word("score", { n: this.score().raw, m: this.score().max }) : this.word("end"), { extra: [this.fold(this.word("reread"), "", false, [list(0, turns.length)])] }));
    }
    // Only the last turns stand open: what was said before is one press away.
    var from = state.at + 1 > this.kept + 1 ? state.at + 1 - this.kept : 0;
    if (from) body.appendChild(this.fold(this.word("earlier", { n: from }), "", false, [list(0, from)]));
    body.appendChild(list(from, state.at + 1));
    var turn = turns[state.at];
    if (!(turn.options && turn.options.length) || state.chosen[state.at] !== undefined) {
      body.appendChild(this.actions([this.button(this.word(state.at + 1 < turns.length ? "read" : "finish"), function () { self.go(); })]));
    }
    return undefined;
  },

  question: function (turn, at) {
    var self = this, el = Vakwijs.el, chosen = this.state.chosen[at];
    var parts = [el("p", { class: "vw-ex-prompt", tabindex: at === this.state.at ? "-1" : null, "data-focus": at === this.state.at || null, text: Vakwijs.plain(turn.question) })];
    if (chosen === undefined) {
      parts.push(el("ul", { class: "vw-ex-options" }, turn.options.map(function (option, index) {
        return el("li", {}, [el("button", { type: "button", class: "vw-ex-option", text: Vakwijs.plain(option.text), on: { click: function () { self.choose(at, index); } } })]);
      })));
      return parts;
    }
    var option = turn.options[chosen] || {};
    var best = turn.options.filter(function (other) { return other.best; })[0];
    parts.push(el("p", { class: "vw-ex-option is-chosen", "aria-disabled": "true" }, [el("span", { text: Vakwijs.plain(option.text) })]));
    parts.push(this.verdict(option.best ? "right" : "other", this.word(option.best ? "best" : "other"), option.feedback));
    if (!option.best && best) parts.push(el("p", { class: "vw-ex-note", text: this.word("theBest", { item: Vakwijs.plain(best.text) }) }));
    return parts;
  },

  choose: function (at, index) {
    var turn = this.turns()[at], option = turn.options[index];
    this.state.chosen[at] = index;
    this.draw(false);
    this.say(this.word(option.best ? "best" : "other") + ". " + Vakwijs.plain(option.feedback));
    this.goOn();
    var self = this;
    var definition = {
      type: "http://adlnet.gov/expapi/activities/cmi.interaction", interactionType: "choice", name: this.texts(turn.question), description: this.texts(turn.question),
      choices: turn.options.map(function (other, i) { return { id: String(i), description: self.texts(other.text) }; }),
      correctResponsesPattern: turn.options.map(function (other, i) { return other.best ? String(i) : null; }).filter(function (id) { return id !== null; })
    };
    this.reportPart("vraag-" + (at + 1), definition, String(index), Boolean(option.best));
  },

  go: function () {
    this.state.at += 1;
    this.draw(true);
    if (this.state.at >= this.turns().length) this.report("completed");
  }
});
