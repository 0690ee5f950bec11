// Writes down, from before the page's own code runs, what is drawn and what the policy refused.
window.watched = { violations: [], lines: [], discs: [], texts: [] };
addEventListener("securitypolicyviolation", (e) => watched.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
const P = CanvasRenderingContext2D.prototype, own = { ...Object.fromEntries(
  ["moveTo", "lineTo", "arc", "stroke", "fill", "beginPath", "fillText", "clearRect"].map((n) => [n, P[n]])) };
P.beginPath = function () { this.way = []; this.turns = []; return own.beginPath.call(this); };
P.moveTo = function (x, y) { this.way?.push([x, y]); return own.moveTo.call(this, x, y); };
P.lineTo = function (x, y) { this.way?.push([x, y]); return own.lineTo.call(this, x, y); };
P.arc = function (...a) { this.turns?.push(a); return own.arc.apply(this, a); };
P.stroke = function () {
  if (this.way?.length === 2) watched.lines.push({ on: this.canvas.className, points: this.way, colour: this.strokeStyle, alpha: this.globalAlpha });
  return own.stroke.call(this);
};
P.fill = function (...a) {
  for (const [x, y, r] of this.turns ?? []) watched.discs.push({ on: this.canvas.className, x, y, r, colour: this.fillStyle, alpha: this.globalAlpha });
  return own.fill.apply(this, a);
};
P.fillText = function (text, x, y) { watched.texts.push({ on: this.canvas.className, text, x, y }); return own.fillText.call(this, text, x, y); };
P.clearRect = function (...a) {
  for (const kind of ["lines", "discs", "texts"]) watched[kind] = watched[kind].filter((d) => d.on !== this.canvas.className);
  return own.clearRect.apply(this, a);
};
