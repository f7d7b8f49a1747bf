// Before H5P core: what a page in an opaque origin lacks, so that libraries find what they expect. MIT, see ../LICENSE.
(function () {
  "use strict";
  var config = JSON.parse(document.getElementById("h5p-config").textContent);

  // In an opaque origin, touching storage or cookies throws. Libraries keep small things there; memory serves for a visit.
  function MemoryStorage() {}
  MemoryStorage.prototype = {
    getItem: function (key) { return Object.prototype.hasOwnProperty.call(this, key) ? this[key] : null; },
    setItem: function (key, value) { this[key] = String(value); },
    removeItem: function (key) { delete this[key]; },
    clear: function () { Object.keys(this).forEach(function (key) { delete this[key]; }, this); },
    key: function (index) { return Object.keys(this)[index] || null; },
    get length() { return Object.keys(this).length; }
  };
  ["localStorage", "sessionStorage"].forEach(function (name) {
    Object.defineProperty(window, name, { configurable: true, value: new MemoryStorage() });
  });
  Object.defineProperty(document, "cookie", { configurable: true, get: function () { return ""; }, set: function () {} });

  var player = (window.VakwijsPlayer = { config: config, missing: [] });
  window.addEventListener("error", function (event) {
    var element = event.target;
    if (element && element.tagName === "SCRIPT" && element.src) player.missing.push(element.src.split("/").slice(-2).join("/"));
  }, true);

  window.H5PIntegration = config.integration;
  window.H5P = window.H5P || {};
  window.H5P.preventInit = true; // embed.js starts the content, when it has the learner's state
})();
