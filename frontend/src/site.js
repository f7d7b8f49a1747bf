// Everything works without this script; it makes some of it quicker.
import htmx from "htmx.org";
import "./beside.js";
import "./dialog.js";
import "./forms.js";
import "./menu.js";
import "./passkeys.js";
import "./table.js";
import "./tool.js";

// The strict Content-Security-Policy allows no inline style and no eval.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
window.htmx = htmx;

document.documentElement.classList.add("js");
