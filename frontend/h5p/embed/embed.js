// After H5P core and all libraries: start the content, and tell the lesson page what happens. MIT, see ../LICENSE.
(function () {
  "use strict";
  var player = window.VakwijsPlayer;
  var config = player.config;
  var integration = window.H5PIntegration;
  var content = integration.contents["cid-" + config.contentId];
  var framed = window.parent !== window;
  var started = false;

  function tell(message) {
    if (!framed) return;
    message.vakwijs = "h5p";
    // Statements and states may hold what cannot cross; JSON can.
    window.parent.postMessage(JSON.parse(JSON.stringify(message)), config.parentOrigin);
  }

  function fail(text, detail) {
    var note = document.createElement("p");
    note.className = "vakwijs-failed";
    note.setAttribute("role", "alert");
    note.textContent = text;
    document.body.insertBefore(note, document.body.firstChild);
    tell({ type: "failed", detail: String(detail || "").slice(0, 300) });
    reportHeight();
  }

  // Content may want something of another site, which a learner's browser meets only where this installation allows it.
  var outsideNote;
  function tellOutside() {
    if (!outsideNote) {
      outsideNote = document.createElement("p");
      outsideNote.className = "vakwijs-outside";
      outsideNote.setAttribute("role", "status");
      document.body.insertBefore(outsideNote, document.body.firstChild);
    }
    outsideNote.textContent = config.texts.outside.replace("%s", player.outside.join(", "));
    tell({ type: "outside", hosts: player.outside });
    reportHeight();
  }

  // --- State: through the lesson page, because this frame has no cookies -----------------------------------------

  function states() {
    return content.contentUserData || (content.contentUserData = {});
  }

  function replaceUserData() {
    H5P.getUserData = function (contentId, dataId, done, subContentId) {
      var part = states()[subContentId || 0];
      if (!part || part[dataId] === undefined) return done(undefined, undefined);
      if (part[dataId] === "RESET") return done(undefined, null);
      try {
        done(undefined, JSON.parse(part[dataId]));
      } catch (error) {
        done(error);
      }
    };
    H5P.setUserData = function (contentId, dataId, data, options) {
      var sub = (options && options.subContentId) || 0;
      var text;
      try {
        text = JSON.stringify(data);
      } catch (error) {
        if (options && options.errorCallback) options.errorCallback(error);
        return;
      }
      var part = states()[sub] || (states()[sub] = {});
      if (text === undefined || part[dataId] === text) return;
      part[dataId] = text;
      tell({ type: "state", sub: String(sub), id: String(dataId), data: text });
    };
    H5P.deleteUserData = function (contentId, dataId, subContentId) {
      var part = states()[subContentId || 0];
      if (part) delete part[dataId];
      tell({ type: "state", sub: String(subContentId || 0), id: String(dataId), data: null });
    };
  }

  function saveNow() {
    (H5P.instances || []).forEach(function (instance) {
      if (typeof instance.getCurrentState !== "function") return;
      try {
        var state = instance.getCurrentState();
        if (state !== undefined) H5P.setUserData(instance.contentId, "state", state);
      } catch (error) {
        H5P.error(error);
      }
    });
  }

  var saving;
  function saveSoon() {
    clearTimeout(saving);
    saving = setTimeout(saveNow, 700);
  }

  // --- Height ---------------------------------------------------------------------------------------------------

  var lastHeight = 0;
  function reportHeight() {
    if (document.fullscreenElement) return;
    var height = Math.ceil(Math.max(document.body.scrollHeight, document.body.getBoundingClientRect().height));
    if (height !== lastHeight) {
      lastHeight = height;
      tell({ type: "height", height: height });
    }
  }

  // --- Start ----------------------------------------------------------------------------------------------------

  function start(message) {
    if (started) return;
    started = true;
    content.contentUserData = message.state || {};
    integration.saveFreq = message.record ? 10 : false;
    replaceUserData();
    H5P.externalDispatcher.on("xAPI", function (event) {
      var statement = event.data.statement;
      tell({ type: "xapi", statement: statement });
      // Opened, and nothing done yet: there is nothing to save, nor to say that it was saved.
      if (!statement.verb || !/\/attempted$/.test(statement.verb.id)) saveSoon();
    });
    try {
      H5P.init(document.body);
    } catch (error) {
      if (window.console) console.error(error);
      return fail(config.texts.broken, error);
    }
    if (!H5P.instances.length) return fail(config.texts.broken, "no instance of " + content.library);
    if (message.record) {
      ["click", "keyup", "change", "touchend"].forEach(function (name) {
        document.addEventListener(name, saveSoon, { capture: true, passive: true });
      });
    }
    new ResizeObserver(reportHeight).observe(document.body);
    setInterval(reportHeight, 1000); // pop-ups that lie outside the flow do not resize the body
    var width = window.innerWidth;
    window.addEventListener("resize", function () {
      // A new height is our own doing; only a new width concerns the content.
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      H5P.instances.forEach(function (instance) { H5P.trigger(instance, "resize"); });
    });
    tell({ type: "started" });
    player.onoutside = tellOutside;
    if (player.outside.length) tellOutside();
    reportHeight();
  }

  // A link without a target would replace the content inside its small frame.
  document.addEventListener("click", function (event) {
    var link = event.target && event.target.closest && event.target.closest("a[href]");
    if (link && !link.target && /^https?:$/.test(link.protocol) && link.getAttribute("href").charAt(0) !== "#") {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
  }, true);

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || !event.data || event.data.vakwijs !== "h5p") return;
    if (event.data.type === "init") start(event.data);
    if (event.data.type === "hello" && !started) tell({ type: "ready" });
    if (event.data.type === "save") saveNow();
  });

  if (player.missing.length || !window.H5P.init) {
    started = true; // the lesson page may still ask for a start: one reason is enough, and this is the one that helps
    fail(config.texts.missing.replace("%s", player.missing.join(", ")), "missing: " + player.missing.join(", "));
  } else if (framed) {
    tell({ type: "ready" });
  } else {
    start({ record: false });
  }
})();
