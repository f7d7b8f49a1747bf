"""H5P packages made for tests: look-alikes of what others make, in the old ways and the new, and hostile ones."""

import io
import json
import warnings
import zipfile
from typing import Any

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def dependency(name: str) -> dict[str, Any]:
    """`H5P.Question 1.5` as library.json writes it."""
    machine_name, version = name.split(" ")
    major, minor = version.split(".")
    return {"machineName": machine_name, "majorVersion": int(major), "minorVersion": int(minor)}


def library(
    name: str,
    *,
    patch: int = 0,
    js: str | None = None,
    css: str | None = None,
    needs: list[str] | None = None,
    semantics: Any = None,
    runnable: int = 1,
    extra: dict[str, Any] | None = None,
    files: dict[str, bytes | str] | None = None,
    folder: str | None = None,
) -> dict[str, bytes | str]:
    """The files of one library, by their path in a package."""
    machine_name, version = name.split(" ")
    manifest = {"title": machine_name, **dependency(name), "patchVersion": patch, "runnable": runnable, **(extra or {})}
    folder = folder or f"{machine_name}-{version}"
    inside: dict[str, bytes | str] = dict(files or {})
    if js is not None:
        inside["main.js"] = js
        manifest.setdefault("preloadedJs", [{"path": "main.js"}])
    if css is not None:
        inside["main.css"] = css
        manifest.setdefault("preloadedCss", [{"path": "main.css"}])
    if needs:
        manifest["preloadedDependencies"] = [dependency(need) for need in needs]
    if semantics is not None:
        inside["semantics.json"] = json.dumps(semantics)
    inside.setdefault("library.json", json.dumps(manifest))
    return {f"{folder}/{path}": content for path, content in inside.items()}


def package(
    main: str = "T.Main 1.2",
    *libraries: dict[str, bytes | str],
    params: Any = None,
    needs: list[str] | None = None,
    h5p: dict[str, Any] | None = None,
    files: dict[str, bytes | str] | None = None,
    drop: tuple[str, ...] = (),
) -> bytes:
    """A whole package. Without libraries it brings the main one; `h5p` overrides fields of h5p.json, None drops one."""
    definition = {
        "title": "Proefpakket",
        "language": "nl",
        "mainLibrary": main.split(" ")[0],
        "embedTypes": ["div"],
        "preloadedDependencies": [dependency(name) for name in [main, *(needs or [])]],
        **(h5p or {}),
    }
    entries: dict[str, bytes | str] = {
        "h5p.json": json.dumps({key: value for key, value in definition.items() if value is not None}),
        "content/content.json": json.dumps({} if params is None else params),
    }
    for files_of_library in libraries or (library(main, js=PLAYABLE),):
        entries |= files_of_library
    entries |= files or {}
    return zipped({path: content for path, content in entries.items() if path not in drop})


def zipped(entries: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in entries.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def raw_zip(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A zip with exactly these entries, repeats and odd names included."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries:
                archive.writestr(name, content)
    return buffer.getvalue()


# A content type in the style of the first H5P libraries: EmbeddedJS compiles its template with the Function constructor,
# and the template has an inline handler. QuestionSet 1.17 and older ones do the same.
OLD_STYLE_TEMPLATES = """
var EJS = function (options) {
  var source = options.text, code = "var out = [];";
  source.split(/(<%=?[\\s\\S]*?%>)/).forEach(function (part) {
    if (part.indexOf("<%=") === 0) code += "out.push(" + part.slice(3, -2) + ");";
    else if (part.indexOf("<%") === 0) code += part.slice(2, -2);
    else code += "out.push(" + JSON.stringify(part) + ");";
  });
  this.run = new Function("data", code + "return out.join('');");
};
EJS.prototype.render = function (data) { return this.run(data); };
"""
OLD_STYLE = """
var T = T || {};
T.OldQuestion = function (params, contentId) {
  var self = this;
  window.oldQuestionPressed = function () { self.press(); };
  this.press = function () {
    self.pressed = true;
    document.querySelector(".old-answer").textContent = "gedaan";
    self.triggerXAPIScored(1, 1, "answered");
  };
  this.attach = function ($container) {
    var template = new EJS({text: "<p class='old-text'><%= data.text %></p><button class='old-button' onclick='oldQuestionPressed()'>Antwoord</button><p class='old-answer'></p>"});
    $container.html(template.render({text: params.text}));
    window.evalWorks = eval("6 * 7");
  };
};
T.OldQuestion.prototype = Object.create(H5P.EventDispatcher ? new H5P.EventDispatcher() : {});
"""


def old_style_package(text: str = "Oude vraag") -> bytes:
    """Uses eval, the Function constructor and an inline handler; made on Windows, with version numbers as text."""
    templates = library("EmbeddedJS 1.0", js=OLD_STYLE_TEMPLATES, runnable=0)
    question = library(
        "T.OldQuestion 1.17", js=OLD_STYLE, needs=["EmbeddedJS 1.0"], extra={"preloadedJs": [{"path": "\\main.js"}], "runnable": "1"}
    )
    h5p = {"preloadedDependencies": [{"machineName": "T.OldQuestion", "majorVersion": "1", "minorVersion": "17"}], "embedTypes": ["iframe"]}
    return package("T.OldQuestion 1.17", templates, question, params={"text": text}, h5p=h5p)


PLAYABLE = """
var T = T || {};
T.Main = (function ($) {
  function Main(params, contentId, extras) {
    var self = this;
    H5P.EventDispatcher.call(self);
    self.params = params; self.contentId = contentId;
    var state = (extras && extras.previousState) || {pressed: 0};
    self.getCurrentState = function () { return state; };
    self.attach = function ($container) {
      var $button = $('<button type="button" class="t-button"></button>').text("Geteld: " + state.pressed);
      $button.on("click", function () {
        state = {pressed: state.pressed + 1};
        $button.text("Geteld: " + state.pressed);
        self.triggerXAPIScored(1, 2, "answered");
      });
      $container.append($button);
      self.trigger("resize");
    };
  }
  Main.prototype = Object.create(H5P.EventDispatcher.prototype);
  Main.prototype.constructor = Main;
  return Main;
})(H5P.jQuery);
"""
