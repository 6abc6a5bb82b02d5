// Draws a replay: the equity, the nearest floor beneath it, and the alerts. Data and theme come as JSON by address.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");

function mode() {
  return document.documentElement.dataset.bsTheme || (dark.matches ? "dark" : "light");
}

function written(value, data) {
  const text = Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: 2 });
  const grouped = text.replaceAll(",", "\0").replace(".", data.point).replaceAll("\0", data.group);
  return value < 0 ? `\u2212${grouped}` : grouped;
}

function alerts(data, ink, words) {
  const colours = { warning: ink.text2, critical: ink.loss };
  return {
    symbol: "none",
    silent: true,
    label: { show: data.marks.length <= 8, rotate: 0, position: "insideStartTop", color: ink.text2, fontSize: 11, formatter: (mark) => mark.name },
    data: data.marks.slice(-60).map(([at, level]) => ({ xAxis: at, name: words[level], lineStyle: { color: colours[level], type: level === "critical" ? "solid" : "dashed", width: 1 } })),
  };
}

function options(data, theme, words) {
  const palette = theme.palettes[document.documentElement.dataset.palette]?.[mode()] ?? {};
  const ink = { ...theme[mode()].semantic, ...palette };
  return {
    animation: false,
    axisPointer: { lineStyle: { color: ink.text3, type: "dashed" } },
    tooltip: {
      ...theme[mode()].echarts.tooltip,
      trigger: "axis",
      formatter: (hits) => {
        const point = data.points[hits[0].dataIndex];
        const told = data.marks.filter((mark) => mark[0] === point[0]).map((mark) => `\n${mark[2]}`);
        return `${point[3]}\n${words.equity} ${point[4]} ${data.currency}${point[5] ? `\n${words.floor} ${point[5]}` : ""}${told.join("")}`;
      },
    },
    grid: { left: 4, right: 72, top: 8, bottom: 24, outerBoundsMode: "none" },
    xAxis: { type: "time", axisLine: { lineStyle: { color: ink.border } }, axisLabel: { color: ink.text3, hideOverlap: true } },
    yAxis: { position: "right", scale: true, splitNumber: 5, axisLabel: { color: ink.text3, formatter: (value) => written(value, data) } },
    series: [
      {
        type: "line", name: words.equity, showSymbol: false, lineStyle: { width: 1.5, color: ink.equity }, itemStyle: { color: ink.equity },
        data: data.points.map((point) => [point[0], point[1]]), markLine: alerts(data, ink, words),
      },
      {
        type: "line", name: words.floor, step: "end", showSymbol: false, lineStyle: { width: 1.5, color: ink.loss, type: "dashed" }, itemStyle: { color: ink.loss },
        data: data.points.map((point) => [point[0], point[2]]),
      },
    ],
  };
}

function follow(chart, card, data) {
  const parts = ["at", "equity", "floor"].map((name) => card.querySelector(`[data-replay-${name}]`));
  const show = (point, first) => [first ?? point[3], point[4], point[5]].forEach((text, index) => { parts[index].textContent = text; });
  const rest = () => show(data.points.at(-1), card.dataset.latest);
  rest();
  chart.on("updateAxisPointer", (event) => (event.dataIndex === undefined ? rest() : show(data.points[event.dataIndex])));
  chart.on("globalout", rest);
}

async function json(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
  return answer.json();
}

async function draw(card) {
  const canvas = card.querySelector("[data-replay-canvas]");
  const note = card.querySelector("[data-replay-note]");
  note.textContent = card.dataset.loading;
  try {
    const [data, theme] = await Promise.all([json(card.dataset.replay), json(card.dataset.replayTheme)]);
    await document.fonts.ready;
    note.remove();
    const chart = echarts.init(canvas, theme[mode()].echarts, { renderer: "canvas", locale: document.documentElement.lang.toUpperCase() });
    chart.setOption(options(data, theme, card.dataset));
    follow(chart, card, data);
    new ResizeObserver(() => chart.resize()).observe(canvas);
    dark.addEventListener("change", () => chart.setOption(options(data, theme, card.dataset), true));
  } catch (error) {
    note.textContent = card.dataset.failed;
    throw error;
  }
}

for (const card of document.querySelectorAll("[data-replay]")) draw(card);
