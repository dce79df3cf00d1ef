/*
 * The one blocking script: it sets the theme before the first paint, so that nobody who chose dark sees a white flash,
 * and it is a classic script, so that it still runs when the page was opened by double click (modules do not then).
 */
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var key = "mfo-theme";

  function stored() {
    // Storage throws in private windows of some browsers; the choice is then kept for this page view only.
    try {
      var value = window.localStorage.getItem(key);
      return value === "light" || value === "dark" ? value : "auto";
    } catch (_) {
      return "auto";
    }
  }

  var choice = stored();

  function apply() {
    root.dataset.theme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  }

  window.mfoTheme = {
    get choice() {
      return choice;
    },
    choose: function (value) {
      choice = value;
      try {
        if (value === "auto") window.localStorage.removeItem(key);
        else window.localStorage.setItem(key, value);
      } catch (_) {
        /* kept for this page view only */
      }
      apply();
    },
  };

  apply();
  system.addEventListener("change", apply);
  // Paper is white: print in the light colours whatever the screen shows.
  window.addEventListener("beforeprint", function () {
    root.dataset.theme = "light";
  });
  window.addEventListener("afterprint", apply);

  if (window.location.protocol === "file:") {
    document.addEventListener("DOMContentLoaded", function () {
      if (document.getElementById("files")) return; // the page that is one file opens from the disk
      document.getElementById("opened-from-disk").hidden = false;
      document.getElementById("boot-message").hidden = true;
    });
  }
})();
