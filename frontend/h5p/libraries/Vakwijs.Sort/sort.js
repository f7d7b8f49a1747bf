// Sort items into groups, with buttons or by dragging. MIT, see ../../LICENSE.
Vakwijs.define("Sort", {
  items: function () { return this.params.items || []; },
  piles: function () { return this.params.categories || []; },
  initial: function () {
    var count = (this.params.items || []).length;
    return { v: 1, order: Vakwijs.shuffled(count, count * 7919), at: {}, checked: false };
  },
  pileOf: function (index) {
    var id = this.state.at[index];
    return this.piles().filter(function (pile) { return pile.id === id; })[0];
  },
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
    var todo = state.order.filter(function (index) { return !self.pileOf(index); });
    if (state.checked) body.appendChild(this.heading(this.word("score", { n: this.score().raw, m: this.score().max })));
    else if (todo.length) {
      body.appendChild(el("p", { class: "vw-ex-step", tabindex: "-1", "data-focus": true, text: this.word("todo") + " (" + todo.length + "). " + this.word("drag") }));
      body.appendChild(el("ul", { class: "vw-ex-items vw-ex-todo" }, todo.map(function (index) { return self.loose(index); })));
    }
    body.appendChild(el("div", { class: "vw-ex-piles" }, this.piles().map(function (pile) { return self.pile(pile); })));
    var buttons = [];
    if (!state.checked) buttons.push(this.button(this.word("check"), function () { self.check(); }, { disabled: todo.length > 0 }));
    else {
      if (this.score().raw < this.score().max) buttons.push(this.button(this.word("retry"), function () { self.improve(); }));
      buttons.push(this.button(this.word("again"), function () { self.resetTask(); self.draw(true); }, { kind: "plain" }));
    }
    body.appendChild(this.actions(buttons));
  },

  draggable: function (element, index) {
    if (this.state.checked) return element;
    element.setAttribute("draggable", "true");
    element.addEventListener("dragstart", function (event) { event.dataTransfer.setData("text/plain", String(index)); });
    return element;
  },

  loose: function (index) {
    var self = this, el = Vakwijs.el, text = Vakwijs.plain(this.items()[index].text);
    return this.draggable(el("li", { class: "vw-ex-item" }, [
      el("p", { text: text }),
      this.actions(this.piles().map(function (pile) {
        var place = Vakwijs.plain(pile.label);
        return self.button(place, function () { self.put(index, pile.id); }, { kind: "small", label: self.word("put", { item: text, place: place }) });
      }))
    ]), index);
  },

  pile: function (pile) {
    var self = this, el = Vakwijs.el;
    var inside = this.state.order.filter(function (index) { return self.state.at[index] === pile.id; });
    var box = el("section", { class: "vw-ex-pile" }, [
      el("h3", { class: "vw-ex-pile-name", text: Vakwijs.plain(pile.label) }),
      inside.length ? el("ul", { class: "vw-ex-items" }, inside.map(function (index) { return self.placed(index); })) : el("p", { class: "vw-ex-note", text: this.word("empty") })
    ]);
    if (!this.state.checked) {
      box.addEventListener("dragover", function (event) { event.preventDefault(); box.classList.add("is-over"); });
      box.addEventListener("dragleave", function () { box.classList.remove("is-over"); });
      box.addEventListener("drop", function (event) {
        event.preventDefault();
        var index = Number(event.dataTransfer.getData("text/plain"));
        if (self.items()[index]) self.put(index, pile.id);
      });
    }
    return box;
  },

  placed: function (index) {
    var self = this, el = Vakwijs.el, item = this.items()[index], text = Vakwijs.plain(item.text);
    if (!this.state.checked) {
      return this.draggable(el("li", { class: "vw-ex-item vw-ex-line" }, [
        el("p", { text: text }), this.button(this.word("undo"), function () { self.put(index, undefined); }, { kind: "small", label: this.word("back2", { item: text }) })
      ]), index);
    }
    var right = this.isRight(index);
    var home = this.piles().filter(function (pile) { return pile.id === item.category; })[0] || {};
    return el("li", { class: "vw-ex-item " + (right ? "is-right" : "is-wrong") }, [
      el("p", { text: text }),
      el("div", { class: "vw-ex-mark" }, [Vakwijs.icon(right ? "right" : "wrong"), el("div", {}, [
        el("strong", { text: right ? this.word("right") : this.word("wrong") + ". " + this.word("rightOne", { item: Vakwijs.plain(home.label) }) }),
        item.feedback ? el("span", { class: "vw-ex-note", text: Vakwijs.plain(item.feedback) }) : null
      ])])
    ]);
  },

  put: function (index, pile) {
    var before = this.state.order.filter(function (i) { return !this.pileOf(i); }, this).indexOf(index);
    if (pile === undefined) delete this.state.at[index];
    else this.state.at[index] = pile;
    var left = this.state.order.filter(function (i) { return !this.pileOf(i); }, this);
    this.draw(false);
    var place = this.pileOf(index);
    var said = place ? this.word("placed", { item: Vakwijs.plain(this.items()[index].text), place: Vakwijs.plain(place.label) }) + " " : "";
    this.say(said + (left.length ? this.word("left", { n: left.length }) : this.word("allPlaced")));
    // The keyboard goes on with the item that took this one's place.
    var rows = this.body.querySelectorAll(".vw-ex-todo > li");
    var row = rows[Math.min(Math.max(before, 0), rows.length - 1)];
    var target = row ? row.querySelector("button") : this.body.querySelector(":scope > .vw-ex-actions button");
    if (target) target.focus({ preventScroll: true });
  },

  check: function () {
    this.state.checked = true;
    this.draw(true);
    this.report("answered");
  },

  improve: function () {
    this.state.checked = false;
    Object.keys(this.state.at).forEach(function (index) { if (!this.isRight(index)) delete this.state.at[index]; }, this);
    this.draw(true);
  }
});
