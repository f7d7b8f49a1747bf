// What every Vakwijs exercise shares: drawing, words, state and what it reports. MIT, see ../../LICENSE.
var Vakwijs = window.Vakwijs || {};
window.Vakwijs = Vakwijs;

(function () {
  "use strict";

  var WORDS = {
    nl: {
      check: "Controleer", next: "Volgende", on: "Verder", again: "Opnieuw", retry: "Verbeter je antwoord", finish: "Bekijk hoe het ging", right: "Goed", wrong: "Niet goed", best: "Sterkste keuze",
      other: "Kan anders", step: "Stap {n}", question: "Vraag {n} van {m}", card: "Kaart {n} van {m}", statement: "Stelling {n} van {m}", score: "Je hebt {n} van de {m} goed.",
      points: "Je haalde {n} van de {m} punten.", path: "Jouw route", show: "Toon het antwoord", front: "Vraag", back: "Antwoord", knew: "Dit wist ik", notYet: "Nog een keer oefenen",
      knewSum: "Je wist {n} van de {m} kaarten.", practise: "Oefen de andere kaarten", todo: "Nog te verdelen", empty: "Hier staat nog niets.", put: "Leg “{item}” bij {place}", back2: "Haal “{item}” terug",
      undo: "Terug", placed: "“{item}” ligt bij {place}.", left: "Nog {n} te doen.", allPlaced: "Alles is verdeeld. Controleer je antwoord.", up: "Omhoog", down: "Omlaag", upItem: "“{item}” omhoog",
      downItem: "“{item}” omlaag", moved: "“{item}” staat nu op plaats {n} van {m}.", drag: "Slepen mag ook.", choose: "Kies wat erbij hoort", change: "Wijzig", chosen: "Gekozen: {item}", inUse: "al gekozen",
      match: "Koppel {n} van {m}", yes: "Waar", no: "Niet waar", answerIs: "Het antwoord is: {item}.", several: "Meer antwoorden zijn mogelijk.", one: "Eén antwoord is het beste.", theBest: "Sterkste keuze: {item}",
      pick: "Kies eerst een antwoord.", you: "Jij", end: "Einde", restart: "Speel opnieuw", read: "Lees verder", rightOne: "Hoort bij: {item}", place: "Juiste plaats: {n}", correct: "Juist antwoord",
      item: "{n} van {m}", fitsBetter: "Past beter bij: {item}", fits: "Past bij: {item}", whereTo: "Waar hoort dit bij?", placedHere: "{n} van {m} past hier", placedNone: "Hier legde je niets neer.", redo: "Doe de andere opnieuw",
      again2: "Nog eens bekijken", said: "Jij zei: {item}", saidChoice: "Jij koos: {item}", earlier: "Eerder in het gesprek ({n})", reread: "Lees het gesprek terug", matched: "Al gekoppeld ({n})", review: "Alles is gekoppeld. Kijk het na.", allKnown: "Je kent ze allemaal.", youPut: "Stond bij jou op plaats {n}"
    },
    en: {
      check: "Check", next: "Next", on: "Continue", again: "Start again", retry: "Improve your answer", finish: "See how you did", right: "Correct", wrong: "Not correct", best: "Strongest choice",
      other: "Could be different", step: "Step {n}", question: "Question {n} of {m}", card: "Card {n} of {m}", statement: "Statement {n} of {m}", score: "You have {n} out of {m} correct.",
      points: "You scored {n} of {m} points.", path: "Your route", show: "Show the answer", front: "Question", back: "Answer", knew: "I knew this", notYet: "Practise again",
      knewSum: "You knew {n} of the {m} cards.", practise: "Practise the other cards", todo: "Still to sort", empty: "Nothing here yet.", put: "Put “{item}” with {place}", back2: "Take “{item}” back",
      undo: "Take back", placed: "“{item}” is with {place}.", left: "{n} left to do.", allPlaced: "Everything is sorted. Check your answer.", up: "Up", down: "Down", upItem: "Move “{item}” up",
      downItem: "Move “{item}” down", moved: "“{item}” is now number {n} of {m}.", drag: "You can drag as well.", choose: "Choose what belongs to it", change: "Change", chosen: "Chosen: {item}", inUse: "already chosen",
      match: "Match {n} of {m}", yes: "True", no: "False", answerIs: "The answer is: {item}.", several: "More than one answer is possible.", one: "One answer is best.", theBest: "Strongest choice: {item}",
      pick: "Choose an answer first.", you: "You", end: "End", restart: "Play again", read: "Read on", rightOne: "Belongs to: {item}", place: "Correct place: {n}", correct: "Correct answer",
      item: "{n} of {m}", fitsBetter: "Fits better with: {item}", fits: "Fits with: {item}", whereTo: "Where does this belong?", placedHere: "{n} of {m} fits here", placedNone: "You placed nothing here.", redo: "Do the others again",
      again2: "Look at these again", said: "You said: {item}", saidChoice: "You chose: {item}", earlier: "Earlier in the conversation ({n})", reread: "Read the conversation again", matched: "Already matched ({n})", review: "Everything is matched. Look it over.", allKnown: "You know them all.", youPut: "You had this at number {n}"
    }
  };
  var ICONS = {
    right: "M4 10.5l4 4 8-9", wrong: "M5 5l10 10M15 5L5 15", other: "M10 4v7M10 15v.5", up: "M10 16V4M5 9l5-5 5 5", down: "M10 4v12M5 11l5 5 5-5"
  };

  var ids = 0;
  Vakwijs.id = function () { return "vakwijs-" + (++ids); };

  /** Plain text out of content, where H5P platforms keep it escaped. */
  Vakwijs.plain = function (value) {
    if (value === undefined || value === null) return "";
    var area = document.createElement("textarea");
    area.innerHTML = String(value).replace(/</g, "&lt;");
    return area.value;
  };

  /** el("p", {class: "x", text: "…"}, [children]); `on` attaches listeners. Text is never read as HTML. */
  Vakwijs.el = function (tag, options, children) {
    var element = document.createElement(tag);
    Object.keys(options || {}).forEach(function (key) {
      var value = options[key];
      if (value === undefined || value === null || value === false) return;
      if (key === "text") element.textContent = value;
      else if (key === "on") Object.keys(value).forEach(function (name) { element.addEventListener(name, value[name]); });
      else element.setAttribute(key, value === true ? "" : value);
    });
    (children || []).forEach(function (child) { if (child) element.appendChild(child); });
    return element;
  };
  var el = Vakwijs.el;

  Vakwijs.icon = function (name) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "vw-ex-icon");
    var path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    svg.appendChild(path);
    return svg;
  };

  /** The same order for the same seed, so that a reload does not shuffle what someone was looking at. */
  Vakwijs.shuffled = function (count, seed) {
    var order = [], i;
    for (i = 0; i < count; i++) order.push(i);
    var next = seed || 1;
    for (i = count - 1; i > 0; i--) {
      next = (next * 1103515245 + 12345) % 2147483648;
      var j = Math.floor((next / 2147483648) * (i + 1));
      var kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    var same = order.every(function (value, index) { return value === index; });
    return same && count > 1 ? order.reverse() : order;
  };

  var base = {
    word: function (key, values) {
      var text = this.words[key] || key;
      Object.keys(values || {}).forEach(function (name) { text = text.replace("{" + name + "}", values[name]); });
      return text;
    },

    attach: function ($container) {
      this.setActivityStarted();
      var root = $container.get ? $container.get(0) : $container;
      root.classList.add("vw-ex");
      root.setAttribute("lang", this.language);
      this.live = el("p", { class: "vw-ex-hidden", "aria-live": "polite" });
      this.body = el("div", { class: "vw-ex-body" });
      if (this.params.intro) root.appendChild(el("p", { class: "vw-ex-intro", text: Vakwijs.plain(this.params.intro) }));
      root.appendChild(this.body);
      root.appendChild(this.live);
      this.draw(false);
    },

    /** Draw what the state says. `focus` moves the focus to the new step, for who cannot see that it changed. */
    draw: function (focus) {
      this.body.textContent = "";
      this.render(this.body);
      var target = focus && this.body.querySelector("[data-focus]");
      if (target) {
        target.focus({ preventScroll: true });
        this.bring(target);
      }
      this.trigger("resize");
    },

    /** Show what just appeared, once the page around the frame has made room for it. */
    bring: function (element) {
      if (element && element.scrollIntoView) setTimeout(function () { element.scrollIntoView({ block: "nearest" }); }, 200);
    },

    /** After an answer: the keyboard goes on with the next step, and both it and the feedback can be seen. */
    goOn: function () {
      var next = this.body.querySelector(":scope > .vw-ex-actions button");
      if (next) next.focus({ preventScroll: true });
      this.bring(next);
    },

    say: function (text) { this.live.textContent = text; },

    button: function (text, press, options) {
      options = options || {};
      return el("button", {
        type: "button", class: "vw-ex-button" + (options.kind ? " vw-ex-button--" + options.kind : ""), text: options.icon ? null : text, title: options.icon ? text : null,
        "aria-label": options.label, disabled: options.disabled, on: { click: press }
      }, options.icon ? [Vakwijs.icon(options.icon)] : []);
    },

    actions: function (buttons) { return el("div", { class: "vw-ex-actions" }, buttons); },

    heading: function (text) { return el("h2", { class: "vw-ex-heading", tabindex: "-1", "data-focus": true, text: text }); },

    /** The route: a line with a station per step. The words beside it say the same. */
    route: function (key, at, count, marks) {
      var stations = el("span", { class: "vw-ex-stations", "aria-hidden": "true" });
      for (var i = 0; i < count && count <= 24; i++) {
        stations.appendChild(el("span", { class: "vw-ex-station" + (i === at ? " is-here" : "") + (marks && marks[i] !== undefined ? (marks[i] ? " is-right" : " is-wrong") : "") }));
      }
      return el("div", { class: "vw-ex-route" }, [el("p", { class: "vw-ex-step", tabindex: "-1", "data-focus": true, text: this.word(key, { n: Math.min(at + 1, count), m: count }) }), stations]);
    },

    verdict: function (kind, title, text) {
      return el("div", { class: "vw-ex-verdict vw-ex-verdict--" + kind }, [
        Vakwijs.icon(kind), el("div", {}, [el("p", { class: "vw-ex-verdict-title", text: title }), text ? el("p", { text: Vakwijs.plain(text) }) : null])
      ]);
    },

    /** One line of an overview: what it was, whether it was right, what fits better and why. */
    outcome: function (right, text, better, why) {
      return el("li", { class: "vw-ex-outcome " + (right ? "is-right" : "is-wrong") }, [
        Vakwijs.icon(right ? "right" : "other"),
        el("div", {}, [
          el("p", {}, [el("span", { class: "vw-ex-hidden", text: this.word(right ? "right" : "other") + ": " }), el("span", { text: Vakwijs.plain(text) })]),
          better ? el("p", { class: "vw-ex-better", text: better }) : null,
          why ? el("p", { class: "vw-ex-note", text: Vakwijs.plain(why) }) : null
        ])
      ]);
    },

    /** A part that can be folded away, so that what matters now stays within reach. */
    fold: function (title, note, open, children) {
      var self = this;
      return el("details", { class: "vw-ex-fold", open: open, on: { toggle: function () { self.trigger("resize"); } } }, [
        el("summary", {}, [el("span", { class: "vw-ex-fold-title", text: title }), note ? el("span", { class: "vw-ex-note", text: note }) : null])
      ].concat(children));
    },

    /** The end: how it went, what deserves another look, and the way to do it again. */
    summary: function (text, options) {
      var self = this;
      options = options || {};
      var score = this.score();
      var share = score.max ? Math.round((score.raw / score.max) * 100) : 100;
      var meter = el("div", { class: "vw-ex-meter", "aria-hidden": "true" }, [el("span", {})]);
      meter.firstChild.style.width = share + "%";
      return el("div", { class: "vw-ex-summary" }, [this.heading(text), score.max ? meter : null].concat(options.extra || [], [
        this.actions([
          options.retry ? this.button(options.retryWord || this.word("redo"), options.retry) : null,
          this.button(options.restart || this.word("again"), function () { self.resetTask(); self.draw(true); }, { kind: "plain" })
        ])
      ]));
    },

    /** The list under a heading of what did not go well; nothing when all did. */
    lookAgain: function (rows) {
      return rows.length ? [el("h3", { class: "vw-ex-subheading", text: this.word("again2") }), el("ul", { class: "vw-ex-outcomes" }, rows)] : [];
    },

    // --- What H5P asks of a content type -------------------------------------------------------------------------

    getTitle: function () { return H5P.createTitle((this.extras.metadata && this.extras.metadata.title) || this.name); },
    getCurrentState: function () { return this.state; },
    getScore: function () { return this.score().raw; },
    getMaxScore: function () { return this.score().max; },
    getAnswerGiven: function () { return this.isTouched(); },
    isTouched: function () { return JSON.stringify(this.state) !== JSON.stringify(this.initial()); },
    showSolutions: function () {},
    resetTask: function () { this.state = this.initial(); },
    getXAPIData: function () { return { statement: this.event("answered").data.statement }; },

    definition: function () { return {}; },
    response: function () { return undefined; },

    event: function (verb) {
      var event = this.createXAPIEventTemplate(verb);
      var score = this.score();
      var definition = event.getVerifiedStatementValue(["object", "definition"]);
      if (definition) H5P.jQuery.extend(definition, this.definition());
      if (score.max) event.setScoredResult(score.raw, score.max, this, true, score.raw === score.max);
      else event.data.statement.result = { completion: true };
      var response = this.response();
      if (response !== undefined) event.data.statement.result.response = response;
      return event;
    },

    /** Say that the exercise is done; a part of it reports itself with `part`. */
    report: function (verb) { this.trigger(this.event(verb)); },

    reportPart: function (name, definition, response, isRight) {
      var event = this.createXAPIEventTemplate("answered");
      var thing = event.data.statement.object;
      if (!thing || !thing.id) return;
      thing.id += "?subContentId=" + name;
      thing.definition = definition;
      event.data.statement.context = { contextActivities: { parent: [{ id: thing.id.split("?")[0], objectType: "Activity" }] } };
      event.data.statement.result = { completion: true, success: isRight, response: response, score: { min: 0, max: 1, raw: isRight ? 1 : 0, scaled: isRight ? 1 : 0 } };
      this.trigger(event);
    },

    texts: function (text) {
      var words = {};
      words[this.language] = Vakwijs.plain(text);
      words["en-US"] = words[this.language];
      return words;
    }
  };

  /** Make a content type. `methods` has at least initial() → state, render(element) and score() → {raw, max}. */
  Vakwijs.define = function (name, methods) {
    function Exercise(params, contentId, extras) {
      H5P.EventDispatcher.call(this);
      this.name = name;
      this.params = params || {};
      this.contentId = contentId;
      this.extras = extras || {};
      var language = (this.extras.metadata && this.extras.metadata.defaultLanguage) || document.documentElement.lang || "nl";
      this.language = String(language).slice(0, 2).toLowerCase() === "en" ? "en" : "nl";
      this.words = WORDS[this.language];
      var saved = this.extras.previousState;
      this.state = saved && saved.v === 1 ? saved : this.initial();
    }
    Exercise.prototype = Object.create(H5P.EventDispatcher.prototype);
    Exercise.prototype.constructor = Exercise;
    [base, methods].forEach(function (source) {
      Object.keys(source).forEach(function (key) { Exercise.prototype[key] = source[key]; });
    });
    Vakwijs[name] = Exercise;
  };
})();
