// Draws the balance and the drawdown beneath it. Data and theme come as JSON by address; figures come as ready texts.
"use strict";

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

// The marks, each with whether its amount has room beside the one before.
function spacedMarks(curve, width) {
  const [first, last] = [curve.points[0][0], curve.points.at(-1)[0]];
  const room = (110 / width) * Math.max(last - first, 1);
  let labelled = -Infinity;
  return curve.marks.slice(-40).map(([at, amount]) => {
    const show = at - labelled >= room;
    if (show) labelled = at;
    return { xAxis: at, name: amount, label: { show } };
  });
}

function flowMarks(curve, ink, width) {
  return {
    symbol: "none",
    silent: true,
    lineStyle: { color: ink.text3, type: "dashed", width: 1 },
    label: { position: "insideStartTop", rotate: 0, color: ink.text2, fontSize: 11, formatter: (mark) => mark.name },
    data: spacedMarks(curve, width),
  };
}

// Room for the longest amount on the axis, in pixels.
function labelWidth(curve) {
  const longest = Math.max(...curve.points.map((point) => Math.abs(point[1])));
  return Math.max(64, compact(-Math.ceil(longest), curve).length * 7 + 12);
}

function endText(curve) {
  const [, balance, , , text] = curve.points.at(-1);
  return Math.abs(balance) < 1000 ? text : compact(Math.round(balance), curve);
}

// The latest value, on the axis.
function endLabel(colour, ink, text) {
  return {
    show: true, formatter: () => text, distance: 4, padding: [2, 4], borderRadius: 2,
    backgroundColor: colour, color: ink.onAccent, fontSize: 11, fontWeight: 600,
  };
}

function options(curve, theme, width) {
  const ink = colours(theme);
  const axis = { type: "time", axisLine: { lineStyle: { color: ink.border } } };
  const margins = { left: 4, right: labelWidth(curve), outerBoundsMode: "none" };
  return {
    animation: false,
    useUTC: false,
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: ink.text3, type: "dashed" } },
    tooltip: {
      ...theme[mode()].echarts.tooltip,
      trigger: "axis",
      formatter: (hits) => {
        const point = curve.points[hits[0].dataIndex];
        return `${point[3]}\nBalance ${point[4]} ${curve.currency}\nDrawdown ${point[5]}`;
      },
    },
    grid: [
      { ...margins, top: 8, height: "62%" },
      { ...margins, top: "72%", bottom: 24 },
    ],
    xAxis: [
      { ...axis, gridIndex: 0, axisLabel: { show: false } },
      { ...axis, gridIndex: 1, axisLabel: { color: ink.text3, hideOverlap: true } },
    ],
    yAxis: [
      { gridIndex: 0, position: "right", scale: true, splitNumber: 4, axisLabel: { color: ink.text3, formatter: (value) => compact(value, curve) } },
      { gridIndex: 1, position: "right", max: 0, splitNumber: 2, axisLabel: { color: ink.text3, formatter: (value) => `${compact(Math.round(value * 1000) / 10, curve)} %` } },
    ],
    series: [
      {
        type: "line", name: "Balance", step: "end", xAxisIndex: 0, yAxisIndex: 0, showSymbol: false,
        lineStyle: { width: 1.5, color: ink.equity }, itemStyle: { color: ink.equity }, areaStyle: { color: ink.equityFill, origin: "start" },
        data: curve.points.map((point) => [point[0], point[1]]), markLine: flowMarks(curve, ink, width), endLabel: endLabel(ink.equity, ink, endText(curve)),
      },
      {
        type: "line", name: "Drawdown", step: "end", xAxisIndex: 1, yAxisIndex: 1, showSymbol: false,
        lineStyle: { width: 1, color: ink.loss }, itemStyle: { color: ink.loss }, areaStyle: { color: ink.drawdownFill, origin: "end" },
        data: curve.points.map((point) => [point[0], point[2]]), endLabel: endLabel(ink.loss, ink, curve.points.at(-1)[5]),
      },
    ],
  };
}

function follow(chart, card, curve) {
  const parts = ["at", "balance", "drawdown"].map((name) => card.querySelector(`[data-curve-${name}]`));
  const rest = parts.map((part) => part.textContent);
  chart.on("updateAxisPointer", (event) => {
    const hit = event.dataIndex;
    const point = hit === undefined ? undefined : curve.points[hit];
    const texts = point ? [point[3], point[4], point[5]] : rest;
    parts.forEach((part, index) => { part.textContent = texts[index]; });
  });
  chart.on("globalout", () => parts.forEach((part, index) => { part.textContent = rest[index]; }));
}

function paint(canvas, card, curve, theme) {
  const chart = echarts.init(canvas, theme[mode()].echarts, { renderer: "canvas" });
  chart.setOption(options(curve, theme, canvas.clientWidth));
  follow(chart, card, curve);
  return chart;
}

async function json(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
  return answer.json();
}

async function draw(card, answers) {
  const canvas = card.querySelector("[data-curve-canvas]");
  if (!canvas) return;
  const note = card.querySelector("[data-curve-note]");
  note.textContent = "Loading\u2026";
  try {
    // Labels are measured when they are drawn, so the font must be there.
    const [data, theme] = await answers;
    await Promise.all(["12px", "600 11px"].map((font) => document.fonts.load(`${font} "Inter Variable"`)));
    const curve = data.curves[Number(card.dataset.curvePart)];
    note.remove();
    let chart = paint(canvas, card, curve, theme);
    new ResizeObserver(() => chart.resize()).observe(canvas);
    dark.addEventListener("change", () => {
      chart.dispose();
      chart = paint(canvas, card, curve, theme);
    });
  } catch (error) {
    note.textContent = "The chart could not be loaded. The table below has the figures; reload the page to try again.";
    throw error;
  }
}

const cards = [...document.querySelectorAll("[data-curve]")];
if (cards.length > 0) {
  const answers = Promise.all([json(cards[0].dataset.curve), json(cards[0].dataset.curveTheme)]);
  for (const card of cards) draw(card, answers);
}
