// Runs before the first paint, as a classic script: the page must not flash in the other theme.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("posetune.theme");
  } catch {
    // Storage may be forbidden; the system's theme is fine.
  }
  if (theme !== "light" && theme !== "dark") {
    theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  }
  document.documentElement.dataset.theme = theme;
})();
