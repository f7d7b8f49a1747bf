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

  var player = (window.VakwijsPlayer = { config: config, missing: [], outside: [], onoutside: function () {} });
  window.addEventListener("error", function (event) {
    var element = event.target;
    if (element && element.tagName === "SCRIPT" && isOwn(element.src)) player.missing.push(element.src.split("/").slice(-2).join("/"));
  }, true);

  // To an opaque origin our own files are another site's. Libraries draw them on a canvas, hang captions on a video and
  // start workers as if they were not, so each is asked for in the way that a server can allow.
  var content = config.integration.contents["cid-" + config.contentId];
  var own = [content.contentUrl + "/", config.integration.urlLibraries + "/"].map(function (url) {
    return new URL(url, document.baseURI).href;
  });
  function isOwn(url) {
    try {
      var absolute = new URL(url, document.baseURI).href;
      return own.some(function (root) { return absolute.indexOf(root) === 0; });
    } catch (error) {
      return false;
    }
  }
  function share(element, url) {
    if (isOwn(url) && !element.hasAttribute("crossorigin")) element.crossOrigin = "anonymous";
  }
  [HTMLImageElement, HTMLMediaElement].forEach(function (kind) {
    var src = Object.getOwnPropertyDescriptor(kind.prototype, "src");
    Object.defineProperty(kind.prototype, "src", {
      configurable: true,
      enumerable: true,
      get: src.get,
      set: function (url) {
        share(this, url);
        src.set.call(this, url);
      }
    });
    kind.prototype.setAttribute = function (name, value) {
      if (String(name).toLowerCase() === "src") share(this, value);
      return Element.prototype.setAttribute.call(this, name, value);
    };
  });
  ["appendChild", "insertBefore"].forEach(function (name) {
    var add = Node.prototype[name];
    HTMLMediaElement.prototype[name] = function (child) {
      if (child && child.nodeType === 1 && /^(SOURCE|TRACK)$/.test(child.tagName)) share(this, child.src);
      return add.apply(this, arguments);
    };
  });
  var NativeWorker = window.Worker;
  if (NativeWorker) {
    window.Worker = function (url, options) {
      if (!isOwn(url)) return new NativeWorker(url, options);
      var address = JSON.stringify(new URL(url, document.baseURI).href);
      var code = options && options.type === "module" ? "import " + address + ";" : "importScripts(" + address + ");";
      return new NativeWorker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), options);
    };
    window.Worker.prototype = NativeWorker.prototype;
  }

  // A page without an origin may not rewrite its address. Content that remembers its place there does without.
  ["pushState", "replaceState"].forEach(function (name) {
    var change = History.prototype[name];
    History.prototype[name] = function () {
      try {
        return change.apply(this, arguments);
      } catch (error) {
        if (window.console) console.warn(error);
      }
    };
  });

  // What the policy kept out, so that the learner is told instead of looking at an empty space.
  document.addEventListener("securitypolicyviolation", function (event) {
    var outside = /^https?:\/\/([^/]+)/.exec(event.blockedURI);
    if (!outside || event.disposition !== "enforce" || !/^(script|frame|child|media|img)-src/.test(event.effectiveDirective)) return;
    if (isOwn(event.blockedURI) || player.outside.indexOf(outside[1]) !== -1) return;
    player.outside.push(outside[1]);
    player.onoutside();
  });

  // Libraries ask for their own folder by a name they once had: without a version, or with that of years ago.
  config.integration.libraryDirectories = new Proxy(config.integration.libraryDirectories, {
    has: function (known, name) { return this.get(known, name) !== undefined; },
    get: function (known, name) {
      if (typeof name !== "string" || Object.prototype.hasOwnProperty.call(known, name)) return known[name];
      var machineName = name.replace(/-\d+(\.\d+)*$/, "");
      var folder = Object.keys(known).find(function (other) { return other.replace(/-\d+\.\d+$/, "") === machineName; });
      return folder === undefined ? undefined : known[folder];
    }
  });

  window.H5PIntegration = config.integration;
  window.H5P = window.H5P || {};
  window.H5P.preventInit = true; // embed.js starts the content, when it has the learner's state
})();
