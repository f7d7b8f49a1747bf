// A story that branches with what you choose. MIT, see ../../LICENSE.
Vakwijs.define("Scenario", {
  node: function (id) { return (this.params.nodes || []).filter(function (node) { return node.id === id; })[0]; },
  initial: function () { return { v: 1, at: this.params.start, path: [], chosen: null }; },
  score: function () {
    var self = this;
    var raw = this.state.path.reduce(function (sum, step) {
      var node = self.node(step[0]), choice = node && node.choices && node.choices[step[1]];
      return sum + (choice ? Number(choice.score) || 0 : 0);
    }, 0);
    var max = this.best(this.params.start, []);
    return { raw: Math.max(0, Math.min(raw, max)), max: max };
  },
  /** The points of the best way from here on; a way that comes back to where it was does not count twice. */
  best: function (id, seen) {
    var node = this.node(id), self = this;
    if (!node || seen.indexOf(id) >= 0 || !node.choices || !node.choices.length) return 0;
    return Math.max.apply(null, node.choices.map(function (choice) { return (Number(choice.score) || 0) + self.best(choice.next, seen.concat(id)); }));
  },
  response: function () { return this.state.path.map(function (step) { return step[0] + "[.]" + step[1]; }).join("[,]"); },
  definition: function () { return { type: "http://adlnet.gov/expapi/activities/cmi.interaction", interactionType: "other" }; },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, node = this.node(state.at);
    if (!node) return body.appendChild(this.summary(this.word("end"), { restart: this.word("restart") }));
    var chosen = state.chosen === null ? undefined : (node.choices || [])[state.chosen];
    body.appendChild(el("p", { class: "vw-ex-step", tabindex: "-1", "data-focus": true, text: node.ending ? this.word("end") : this.word("step", { n: state.path.length + (chosen ? 0 : 1) }) }));
    if (node.speaker || node.text) body.appendChild(el("div", { class: "vw-ex-card" }, [
      node.speaker ? el("p", { class: "vw-ex-speaker", text: Vakwijs.plain(node.speaker) }) : null,
      node.text ? el("p", { class: "vw-ex-face", text: Vakwijs.plain(node.text) }) : null
    ]));
    if (!node.choices || !node.choices.length) return this.renderEnd(body, node);
    if (!chosen) {
      body.appendChild(el("ul", { class: "vw-ex-options vw-ex-choices" }, node.choices.map(function (choice, index) {
        return el("li", {}, [el("button", { type: "button", class: "vw-ex-option", text: Vakwijs.plain(choice.text), on: { click: function () { self.choose(index); } } })]);
      })));
      return undefined;
    }
    body.appendChild(el("p", { class: "vw-ex-option is-chosen vw-ex-choices", "aria-disabled": "true" }, [el("span", {}, [el("span", { class: "vw-ex-speaker", text: this.word("you") }), el("br"), el("span", { text: Vakwijs.plain(chosen.text) })])]));
    if (chosen.feedback) {
      var best = Math.max.apply(null, node.choices.map(function (choice) { return Number(choice.score) || 0; }));
      var good = (Number(chosen.score) || 0) >= best && best > 0;
      body.appendChild(this.verdict(good ? "right" : "other", this.word(good ? "best" : "other"), chosen.feedback));
    }
    body.appendChild(this.actions([this.button(this.word("on"), function () { self.go(chosen.next); })]));
    return undefined;
  },

  choose: function (index) {
    this.state.path.push([this.state.at, index]);
    this.state.chosen = index;
    this.draw(false);
    var choice = this.node(this.state.at).choices[index];
    this.say(Vakwijs.plain(choice.feedback || ""));
    this.goOn();
  },

  go: function (id) {
    this.state.at = id;
    this.state.chosen = null;
    this.draw(true);
    var node = this.node(id);
    if (!node || !node.choices || !node.choices.length) this.report("completed");
  },

  renderEnd: function (body, node) {
    var score = this.score();
    if (node.ending) body.appendChild(Vakwijs.el("p", { class: "vw-ex-prompt vw-ex-choices", text: Vakwijs.plain(node.ending) }));
    var self = this, rows = this.state.path.map(function (step) {
      var choices = (self.node(step[0]) || {}).choices || [], choice = choices[step[1]] || {};
      var most = Math.max.apply(null, choices.map(function (other) { return Number(other.score) || 0; }));
      return self.outcome((Number(choice.score) || 0) >= most, choice.text, "", choice.feedback);
    });
    body.appendChild(this.summary(score.max ? this.word("points", { n: score.raw, m: score.max }) : this.word("end"), {
      restart: this.word("restart"), extra: rows.length ? [this.fold(this.word("path"), "", false, [Vakwijs.el("ul", { class: "vw-ex-outcomes" }, rows)])] : []
    }));
  }
});
