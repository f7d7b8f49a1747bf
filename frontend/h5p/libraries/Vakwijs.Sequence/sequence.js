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
    if (state.checked) return this.renderEnd(body);
    body.appendChild(el("p", { class: "vw-ex-step vw-ex-tip", tabindex: "-1", "data-focus": true, text: this.word("drag") }));
    body.appendChild(el("ol", { class: "vw-ex-items" }, state.order.map(function (index, place) { return self.row(index, place); })));
    body.appendChild(this.actions([this.button(this.word("check"), function () { self.check(); })]));
    return undefined;
  },

  renderEnd: function (body) {
    var self = this, state = this.state, right = this.score().raw === this.score().max;
    // The good order, with what stood elsewhere: someone who reads this once has read the right steps.
    var rows = this.items().map(function (item, index) {
      var place = state.order.indexOf(index);
      return self.outcome(place === index, (index + 1) + ". " + Vakwijs.plain(item.text), place === index ? "" : self.word("youPut", { n: place + 1 }), item.feedback);
    });
    body.appendChild(this.summary(this.word("score", { n: this.score().raw, m: this.score().max }), {
      extra: [Vakwijs.el("ul", { class: "vw-ex-outcomes" }, rows)], retryWord: this.word("retry"), retry: right ? null : function () { state.checked = false; self.draw(true); }
    }));
  },

  row: function (index, place) {
    var self = this, el = Vakwijs.el, item = this.items()[index] || {}, text = Vakwijs.plain(item.text), last = this.state.order.length - 1;
    var line = el("div", { class: "vw-ex-line" }, [el("span", { class: "vw-ex-number", text: String(place + 1) }), el("p", { text: text })]);
    line.appendChild(el("div", { class: "vw-ex-moves" }, [
      this.button(this.word("up"), function () { self.move(place, place - 1, "up"); }, { kind: "icon", icon: "up", label: this.word("upItem", { item: text }), disabled: place === 0 }),
      this.button(this.word("down"), function () { self.move(place, place + 1, "down"); }, { kind: "icon", icon: "down", label: this.word("downItem", { item: text }), disabled: place === last })
    ]));
    var row = el("li", { class: "vw-ex-item", draggable: "true" }, [line]);
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
