// Put steps in the right order, with buttons or by dragging. MIT, see ../../LICENSE.
Vakwijs.define("Sequence", {
  items: function () { return this.params.items || []; },
  initial: function () {
    var count = (this.params.items || []).length;
    return { v: 1, order: Vakwijs.shuffled(count, count * 104729), checked: false, moved: false };
  },
  score: function () {
    return { raw: this.state.order.filter(function (item, place) { return item === place; }).length, max: this.items().length };
  },
  definition: function () {
    var self = this;
    return {
      type: "http://adlnet.gov/expapi/activities/cmi.interaction",
      interactionType: "sequencing",
      choices: this.items().map(function (item, index) { return { id: "item_" + index, description: self.texts(item.text) }; }),
      correctResponsesPattern: [this.items().map(function (item, index) { return "item_" + index; }).join("[,]")]
    };
  },
  response: function () { return this.state.order.map(function (index) { return "item_" + index; }).join("[,]"); },

  render: function (body) {
    var self = this, state = this.state, el = Vakwijs.el;
    if (state.checked) body.appendChild(this.heading(this.word("score", { n: this.score().raw, m: this.score().max })));
    else body.appendChild(el("p", { class: "vw-ex-step vw-ex-tip", tabindex: "-1", "data-focus": true, text: this.word("drag") }));
    body.appendChild(el("ol", { class: "vw-ex-items" }, state.order.map(function (index, place) { return self.row(index, place); })));
    var buttons = [];
    if (!state.checked) buttons.push(this.button(this.word("check"), function () { self.check(); }));
    else {
      if (this.score().raw < this.score().max) buttons.push(this.button(this.word("retry"), function () { state.checked = false; self.draw(true); }));
      buttons.push(this.button(this.word("again"), function () { self.resetTask(); self.draw(true); }, { kind: "plain" }));
    }
    body.appendChild(this.actions(buttons));
  },

  row: function (index, place) {
    var self = this, el = Vakwijs.el, item = this.items()[index] || {}, text = Vakwijs.plain(item.text), last = this.state.order.length - 1;
    var line = el("div", { class: "vw-ex-line" }, [el("span", { class: "vw-ex-number", text: String(place + 1) }), el("p", { text: text })]);
    if (this.state.checked) {
      var right = index === place;
      return el("li", { class: "vw-ex-item " + (right ? "is-right" : "is-wrong") }, [line, el("div", { class: "vw-ex-mark" }, [
        Vakwijs.icon(right ? "right" : "wrong"),
        el("div", {}, [
          el("strong", { text: right ? this.word("right") : this.word("wrong") + ". " + this.word("place", { n: index + 1 }) }),
          item.feedback ? el("span", { class: "vw-ex-note", text: Vakwijs.plain(item.feedback) }) : null
        ])
      ])]);
    }
    var row = el("li", { class: "vw-ex-item", draggable: "true" }, [line, this.actions([
      this.button(this.word("up"), function () { self.move(place, place - 1, "up"); }, { kind: "small", label: this.word("upItem", { item: text }), disabled: place === 0 }),
      this.button(this.word("down"), function () { self.move(place, place + 1, "down"); }, { kind: "small", label: this.word("downItem", { item: text }), disabled: place === last })
    ])]);
    row.addEventListener("dragstart", function (event) { event.dataTransfer.setData("text/plain", String(place)); });
    row.addEventListener("dragover", function (event) { event.preventDefault(); });
    row.addEventListener("drop", function (event) {
      event.preventDefault();
      var from = Number(event.dataTransfer.getData("text/plain"));
      if (from >= 0 && from <= last) self.move(from, place, "up");
    });
    return row;
  },

  move: function (from, to, way) {
    var order = this.state.order, moved = order.splice(from, 1)[0];
    order.splice(to, 0, moved);
    this.state.moved = true;
    this.draw(false);
    this.say(this.word("moved", { item: Vakwijs.plain((this.items()[moved] || {}).text), n: to + 1, m: order.length }));
    var buttons = this.body.querySelectorAll("ol > li")[to].querySelectorAll("button");
    var wanted = buttons[way === "up" ? 0 : 1];
    (wanted.disabled ? buttons[way === "up" ? 1 : 0] : wanted).focus({ preventScroll: true });
  },

  check: function () {
    this.state.checked = true;
    this.draw(true);
    this.report("answered");
  }
});
