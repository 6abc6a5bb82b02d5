// Draws equity and balance, and the drawdown beneath. Data and theme come as JSON by address; figures come as ready texts.
// All charts of a page show the same span. A narrower one is asked for anew: more points, not the same ones stretched.
"use strict";

const DAY_MS = 86_400_000;
const dark = matchMedia("(prefers-color-scheme: dark)");

function mode() {
  return document.documentElement.dataset.bsTheme || (dark.matches ? "dark" : "light");
}

function colours(theme) {
  const palette = theme.palettes[document.documentElement.dataset.palette]?.[mode()] ?? {};
  return { ...theme[mode()].semantic, ...palette };
}

function compact(value, curve) {
  const text = Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: 2 });
  const written = text.replaceAll(",", "\0").replace(".", curve.point).replaceAll("\0", curve.group);
  return value < 0 ? `\u2212${written}` : written;
}

// The last row at or before a moment; rows begin with theirs.
function rowAt(rows, at) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  return rows[low - 1];
}

function inSight(rows, span) {
  return rows.filter(([at]) => at >= span.from && at <= span.to);
}

// The whole in few points, and those of the narrower span in its place.
function merged(whole, part, span) {
  return [
    ...whole.filter((row) => row[0] < span.from), ...inSight(part, span), ...whole.filter((row) => row[0] > span.to),
  ];
}

// A balance holds until it moves again: to the end of the span, too.
function held(points, span) {
  const last = rowAt(points, span.to);
  return last && last[0] < span.to ? points.toSpliced(points.indexOf(last) + 1, 0, [span.to, ...last.slice(1)]) : points;
}

// The marks in sight, each with whether its amount has room beside the one before.
function spacedMarks(marks, span, width) {
  const room = (110 / width) * Math.max(span.to - span.from, 1);
  let labelled = -Infinity;
  return inSight(marks, span).map(([at, amount]) => {
    const show = at - labelled >= room;
    if (show) labelled = at;
    return { xAxis: at, name: amount, label: { show } };
  });
}

function flowMarks(view, ink, width) {
  return {
    symbol: "none",
    silent: true,
    lineStyle: { color: ink.text3, type: "dashed", width: 1 },
    label: { position: "insideStartTop", rotate: 0, color: ink.text2, fontSize: 11, formatter: (mark) => mark.name },
    data: spacedMarks(view.marks, view.span, width),
  };
}

// Room for the longest amount on the axis, in pixels.
function labelWidth(view) {
  const longest = Math.max(...[...view.points, ...view.equity].map((row) => Math.abs(row[1])));
  return Math.max(64, compact(-Math.ceil(longest), view.curve).length * 7 + 12);
}

// A value as it stands on the axis: whole, where it is long.
function endText(value, text, curve) {
  return Math.abs(value) < 1000 ? text : compact(Math.round(value), curve);
}

// The latest value, on the axis.
function endLabel(colour, ink, text) {
  return {
    show: Boolean(text), formatter: () => text, distance: 4, padding: [2, 4], borderRadius: 2,
    backgroundColor: colour, color: ink.onAccent, fontSize: 11, fontWeight: 600,
  };
}

function line(name, axis, colour, width, more) {
  return {
    type: "line", name, xAxisIndex: axis, yAxisIndex: axis, showSymbol: false, connectNulls: false,
    lineStyle: { width, color: colour }, itemStyle: { color: colour }, ...more,
  };
}

function series(view, ink, width) {
  const { curve, points, equity } = view;
  const last = rowAt(points, view.span.to) ?? points.at(-1);
  const lastEquity = inSight(equity, view.span).at(-1);
  const front = lastEquity ? ink.balance : ink.equity;
  const lines = [
    line("Balance", 0, front, lastEquity ? 1 : 1.5, {
      step: "end", areaStyle: { color: ink.equityFill, origin: "start" }, markLine: flowMarks(view, ink, width),
      endLabel: lastEquity ? { show: false } : endLabel(front, ink, endText(last[1], last[4], curve)),
      data: points.map((row) => [row[0], row[1]]),
    }),
    line("Drawdown", 1, ink.loss, 1, {
      step: "end", areaStyle: { color: ink.drawdownFill, origin: "end" }, endLabel: endLabel(ink.loss, ink, last[5]),
      data: points.map((row) => [row[0], row[2]]),
    }),
  ];
  if (equity.length > 0) {
    lines.push(line("Equity", 0, ink.equity, 1.5, {
      z: 3, endLabel: endLabel(ink.equity, ink, lastEquity ? endText(lastEquity[1], lastEquity[2], curve) : ""),
      data: equity.map((row) => [row[0], row[1]]),
    }));
  }
  return lines;
}

function said(view, at) {
  const point = rowAt(view.points, at);
  const equity = rowAt(view.equity, at);
  return { at: point?.[3] ?? "", balance: point?.[4] ?? "", drawdown: point?.[5] ?? "", equity: equity?.[2] ?? "" };
}

function tooltip(view) {
  return (hits) => {
    const { at, balance, drawdown, equity } = said(view, hits[0].axisValue);
    const lines = equity ? [`${view.words.equity} ${equity} ${view.curve.currency}`] : [];
    return [at, ...lines, `${view.words.balance} ${balance} ${view.curve.currency}`, `${view.words.drawdown} ${drawdown}`].join("\n");
  };
}

function zoomBars(view, ink) {
  const both = { xAxisIndex: [0, 1], startValue: view.span.from, endValue: view.span.to, minValueSpan: DAY_MS };
  return [
    // The wheel scrolls the page unless Ctrl is held.
    { ...both, type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, preventDefaultMouseMove: false },
    {
      ...both, type: "slider", bottom: 4, height: 20, showDetail: false, brushSelect: false,
      borderColor: ink.border, fillerColor: ink.equityFill, handleStyle: { color: ink.surface, borderColor: ink.text3 },
      moveHandleStyle: { color: ink.border }, emphasis: { moveHandleStyle: { color: ink.text3 } },
      dataBackground: { lineStyle: { color: ink.border }, areaStyle: { color: ink.grid } },
      selectedDataBackground: { lineStyle: { color: ink.balance }, areaStyle: { color: ink.equityFill } },
    },
  ];
}

function options(view, theme, width) {
  const ink = colours(theme);
  const { curve } = view;
  const axis = { type: "time", min: view.whole.from, max: view.whole.to, axisLine: { lineStyle: { color: ink.border } } };
  const margins = { left: 4, right: labelWidth(view), outerBoundsMode: "none" };
  return {
    animation: false,
    useUTC: false,
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: ink.text3, type: "dashed" } },
    tooltip: { ...theme[mode()].echarts.tooltip, trigger: "axis", formatter: tooltip(view) },
    dataZoom: zoomBars(view, ink),
    grid: [
      { ...margins, top: 8, height: "56%" },
      { ...margins, top: "65%", bottom: 54 },
    ],
    xAxis: [
      { ...axis, gridIndex: 0, axisLabel: { show: false } },
      { ...axis, gridIndex: 1, axisLabel: { color: ink.text3, hideOverlap: true } },
    ],
    yAxis: [
      { gridIndex: 0, position: "right", scale: true, splitNumber: 4, axisLabel: { color: ink.text3, formatter: (value) => compact(value, curve) } },
      { gridIndex: 1, position: "right", max: 0, splitNumber: 2, axisLabel: { color: ink.text3, formatter: (value) => `${compact(Math.round(value * 1000) / 10, curve)} %` } },
    ],
    series: series(view, ink, width),
  };
}

// One card: its chart, and the texts that follow the pointer.
class Card {
  constructor(card, theme, whole, page) {
    Object.assign(this, { card, theme, page });
    this.canvas = card.querySelector("[data-curve-canvas]");
    this.overview = whole;
    this.latest = card.querySelector("[data-curve-at]").textContent;
    this.curve = whole;
    this.paint();
    new ResizeObserver(() => this.chart.resize()).observe(this.canvas);
    dark.addEventListener("change", () => {
      this.chart.dispose();
      this.paint();
    });
  }

  get view() {
    const { span, whole } = this.page;
    const parts = ["points", "equity", "marks"].map((name) => [name, merged(this.overview[name], this.curve[name], span)]);
    const view = { curve: this.overview, words: this.card.dataset, span, whole, ...Object.fromEntries(parts) };
    return { ...view, points: held(view.points, span) };
  }

  paint() {
    this.shown = this.view;
    this.chart = echarts.init(this.canvas, this.theme[mode()].echarts, { renderer: "canvas", locale: document.documentElement.lang.toUpperCase() });
    this.chart.setOption(options(this.shown, this.theme, this.canvas.clientWidth));
    this.chart.on("updateAxisPointer", (event) => this.say(event.axesInfo?.[0]?.value));
    this.chart.on("globalout", () => this.say());
    this.chart.on("datazoom", () => {
      const { startValue, endValue } = this.chart.getOption().dataZoom[0];
      this.page.move({ from: startValue, to: endValue }, this);
    });
  }

  // Shows the span of the page, with what is known of it.
  update() {
    this.shown = this.view;
    const drawn = options(this.shown, this.theme, this.canvas.clientWidth);
    this.chart.setOption({ series: drawn.series, tooltip: drawn.tooltip, dataZoom: drawn.dataZoom });
    this.say();
  }

  take(curve) {
    this.curve = curve;
    const words = this.card.querySelector("[data-curve-words]");
    const isOpen = words.querySelector("details")?.open;
    words.innerHTML = curve.words;
    words.querySelector("details")?.toggleAttribute("open", Boolean(isOpen));
    this.update();
  }

  say(at) {
    const texts = said(this.shown, at ?? this.page.span.to);
    if (at === undefined) texts.at = this.latest;
    const hasEquity = inSight(this.shown.equity, this.page.span).length > 0;
    this.card.querySelector("[data-curve-equity-key]").hidden = !hasEquity;
    this.card.querySelector(".key-balance").classList.toggle("is-under", hasEquity);
    for (const [name, text] of Object.entries(texts)) {
      const place = this.card.querySelector(`[data-curve-${name}]`);
      if (place) place.textContent = text;
    }
  }
}

async function json(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, signal });
  if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
  return answer.json();
}

function curveAddress(address, parameters) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

// The span that every chart of the page shows.
class Page {
  constructor(cards, data, whole) {
    this.address = cards[0].dataset.curve;
    const moments = whole.curves.flatMap((curve) => [...curve.points, ...curve.equity]).map((row) => row[0]);
    this.whole = { from: Math.min(...moments), to: Math.max(Date.now(), ...moments) };
    this.zone = whole.curves[0].zone;
    this.take(data);
  }

  // The server answers for whole days, which the span then becomes.
  take({ from, to }) {
    this.span = this.within({ from: from ?? this.whole.from, to: to ?? this.whole.to });
  }

  within({ from, to }) {
    const length = Math.min(Math.max(to - from, DAY_MS), this.whole.to - this.whole.from);
    const start = Math.min(Math.max(from, this.whole.from), this.whole.to - length);
    return { from: start, to: start + length };
  }

  get isWhole() {
    return this.span.from <= this.whole.from && this.span.to >= this.whole.to;
  }

  // A span was chosen, by `by` when its chart already shows it: the others follow, and more points are asked for.
  move(span, by) {
    this.span = this.within(span);
    for (const card of this.cards) if (card !== by) card.update();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), 250);
  }

  step(name) {
    const { from, to } = this.span;
    const length = to - from;
    const moves = {
      in: [from + length / 4, to - length / 4], out: [from - length / 2, to + length / 2],
      back: [from - length / 2, to - length / 2], on: [from + length / 2, to + length / 2],
    };
    this.move({ from: moves[name][0], to: moves[name][1] });
  }

  get name() {
    if (this.isWhole) return "all";
    const days = new Intl.DateTimeFormat("en-CA", { timeZone: this.zone, year: "numeric", month: "2-digit", day: "2-digit" });
    return [this.span.from, this.span.to].map((at) => days.format(at)).join("..");
  }

  async ask() {
    this.asked?.abort();
    this.asked = new AbortController();
    const span = this.name;
    history.replaceState(history.state, "", curveAddress(location.href, { span }));
    for (const segment of document.querySelectorAll("[data-curve] .segment")) {
      const isChosen = new URL(segment.href).searchParams.get("span") === span;
      if (isChosen) segment.setAttribute("aria-current", "true");
      else segment.removeAttribute("aria-current");
    }
    try {
      const data = await json(curveAddress(this.address, { span, words: "1" }), this.asked.signal);
      this.take(data);
      for (const card of this.cards) card.take(data.curves[Number(card.card.dataset.curvePart)]);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }
}

async function load(cards) {
  const address = cards[0].dataset.curve;
  const asked = json(address);
  const [data, whole, theme] = await Promise.all([
    asked, cards[0].hasAttribute("data-curve-whole") ? asked : json(curveAddress(address, { span: "all" })),
    json(cards[0].dataset.curveTheme),
    // Labels are measured when they are drawn, so the font must be there.
    ...["12px", "600 11px"].map((font) => document.fonts.load(`${font} "Inter Variable"`)),
  ]);
  const page = new Page(cards, data, whole);
  page.cards = [];
  for (const card of cards) {
    const part = Number(card.dataset.curvePart);
    card.querySelector("[data-curve-note]").remove();
    const drawn = new Card(card, theme, whole.curves[part], page);
    drawn.curve = data.curves[part];
    drawn.update();
    page.cards.push(drawn);
    card.addEventListener("click", (event) => {
      const step = event.target.closest("[data-curve-step]");
      if (!step || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      page.step(step.dataset.curveStep);
    });
  }
}

const cards = [...document.querySelectorAll("[data-curve]")].filter((card) => card.querySelector("[data-curve-canvas]"));
const notes = cards.map((card) => card.querySelector("[data-curve-note]"));
for (const note of notes) note.textContent = note.dataset.loading;
if (cards.length > 0) {
  load(cards).catch((error) => {
    for (const note of notes) note.textContent = note.dataset.failed;
    throw error;
  });
}
