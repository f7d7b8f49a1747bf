// Choose for each left side what belongs to it. MIT, see ../../LICENSE.
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

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el, count = this.pairs().length;
    var done = Object.keys(state.chosen).length;
    if (state.checked) body.appendChild(this.heading(this.word("score", { n: this.score().raw, m: this.score().max })));
    else body.appendChild(this.route("match", Math.min(done, count - 1), count));
    body.appendChild(el("ol", { class: "vw-ex-items" }, this.pairs().map(function (pair, index) { return self.row(pair, index); })));
    var buttons = [];
    if (!state.checked) buttons.push(this.button(this.word("check"), function () { self.check(); }, { disabled: done < count }));
    else {
      if (this.score().raw < count) buttons.push(this.button(this.word("retry"), function () { self.improve(); }));
      buttons.push(this.button(this.word("again"), function () { self.resetTask(); self.draw(true); }, { kind: "plain" }));
    }
    body.appendChild(this.actions(buttons));
  },

  row: function (pair, index) {
    var self = this, state = this.state, el = Vakwijs.el, chosen = state.chosen[index];
    var left = Vakwijs.plain(pair.left), right = chosen === undefined ? "" : Vakwijs.plain(this.pairs()[chosen].right);
    if (state.checked) {
      var ok = chosen === index;
      return el("li", { class: "vw-ex-item " + (ok ? "is-right" : "is-wrong") }, [
        el("p", { class: "vw-ex-pile-name", text: left }), el("p", { text: right }),
        el("div", { class: "vw-ex-mark" }, [Vakwijs.icon(ok ? "right" : "wrong"), el("div", {}, [
          el("strong", { text: ok ? this.word("right") : this.word("wrong") + ". " + this.word("rightOne", { item: Vakwijs.plain(pair.right) }) }),
          pair.feedback ? el("span", { class: "vw-ex-note", text: Vakwijs.plain(pair.feedback) }) : null
        ])])
      ]);
    }
    if (state.open === index) {
      return el("li", { class: "vw-ex-item" }, [el("fieldset", {}, [
        el("legend", { class: "vw-ex-pile-name", text: left }), el("p", { class: "vw-ex-note", text: this.word("choose") }),
        el("div", { class: "vw-ex-options" }, state.order.map(function (option) { return self.option(index, option); }))
      ])]);
    }
    return el("li", { class: "vw-ex-item vw-ex-line" }, [
      el("div", {}, [el("p", { class: "vw-ex-pile-name", text: left }), right ? el("p", { text: right }) : null]),
      this.button(this.word(right ? "change" : "choose"), function () { state.open = index; self.draw(false); self.focusOpen(); }, { kind: "small", label: this.word(right ? "change" : "choose") + ": " + left })
    ]);
  },

  option: function (index, option) {
    var self = this, state = this.state, el = Vakwijs.el;
    var usedBy = Object.keys(state.chosen).filter(function (key) { return state.chosen[key] === option && Number(key) !== index; })[0];
    var isChosen = state.chosen[index] === option;
    return el("button", { type: "button", class: "vw-ex-option" + (isChosen ? " is-chosen" : ""), "aria-pressed": isChosen ? "true" : "false", on: { click: function () { self.choose(index, option); } } }, [
      el("span", {}, [el("span", { text: Vakwijs.plain(self.pairs()[option].right) }), usedBy !== undefined ? el("span", { class: "vw-ex-note", text: self.word("inUse") + ": " + Vakwijs.plain(self.pairs()[usedBy].left) }) : null])
    ]);
  },

  choose: function (index, option) {
    var state = this.state;
    Object.keys(state.chosen).forEach(function (key) { if (state.chosen[key] === option) delete state.chosen[key]; });
    state.chosen[index] = option;
    var next = this.pairs().map(function (pair, i) { return i; }).filter(function (i) { return state.chosen[i] === undefined; })[0];
    state.open = next === undefined ? -1 : next;
    this.draw(false);
    this.say(this.word("chosen", { item: Vakwijs.plain(this.pairs()[option].right) }) + " " + (next === undefined ? "" : this.word("left", { n: this.pairs().length - Object.keys(state.chosen).length })));
    this.focusOpen();
  },

  focusOpen: function () {
    var target = this.body.querySelector("fieldset button") || this.body.querySelector(":scope > .vw-ex-actions button");
    if (target) target.focus({ preventScroll: true });
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
    state.open = this.pairs().map(function (pair, i) { return i; }).filter(function (i) { return state.chosen[i] === undefined; })[0];
    this.draw(true);
  }
});
