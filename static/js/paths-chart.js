// Draws the middle path and its bands from the table beneath, which says the same in figures.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");

function mode() {
  return document.documentElement.dataset.bsTheme || (dark.matches ? "dark" : "light");
}

function read(card) {
  return [...card.querySelectorAll("tr[data-trades]")].map((row) => ({
    trades: row.dataset.trades,
    shown: [...row.cells].map((cell) => cell.textContent),
    values: [...row.querySelectorAll("[data-value]")].map((cell) => Number(cell.dataset.value)),
  }));
}

// A band is a line that is not drawn and, stacked on it, an area as high as the distance to the upper edge.
function band(rows, low, high, colour, opacity) {
  const line = { type: "line", stack: `${low}`, showSymbol: false, silent: true, lineStyle: { opacity: 0 }, stackStrategy: "all" };
  return [
    { ...line, data: rows.map((row) => row.values[low]) },
    { ...line, data: rows.map((row) => row.values[high] - row.values[low]), areaStyle: { color: colour, opacity } },
  ];
}

function options(rows, theme, ruin) {
  const ink = theme[mode()].semantic;
  const heads = ["5 %", "25 %", "50 %", "75 %", "95 %"];
  return {
    animation: false,
    grid: { left: 8, right: 8, top: 12, bottom: 8, containLabel: true },
    tooltip: {
      ...theme[mode()].echarts.tooltip,
      trigger: "axis",
      formatter: (hits) => {
        const [trades, ...balances] = rows[hits[0].dataIndex].shown;
        return [trades, ...balances.map((text, place) => `${heads[place]}  ${text}`).reverse()].join("\n");
      },
    },
    xAxis: { type: "category", boundaryGap: false, data: rows.map((row) => row.trades), axisLabel: { color: ink.text3, hideOverlap: true } },
    yAxis: { type: "value", scale: true, position: "right", splitNumber: 4, axisLabel: { color: ink.text3 } },
    series: [
      ...band(rows, 0, 4, ink.equity, 0.12),
      ...band(rows, 1, 3, ink.equity, 0.18),
      {
        type: "line", showSymbol: false, lineStyle: { width: 1.5, color: ink.equity }, itemStyle: { color: ink.equity }, data: rows.map((row) => row.values[2]),
        markLine: { symbol: "none", silent: true, label: { show: false }, lineStyle: { color: ink.loss, type: "dashed", width: 1 }, data: [{ yAxis: ruin }] },
      },
    ],
  };
}

for (const card of document.querySelectorAll("[data-paths]")) {
  const canvas = card.querySelector("[data-paths-canvas]");
  if (!canvas) continue;
  const theme = await (await fetch(card.dataset.paths)).json();
  const rows = read(card);
  const draw = () => {
    const chart = echarts.init(canvas, theme[mode()].echarts, { renderer: "canvas" });
    chart.setOption(options(rows, theme, Number(card.dataset.pathsRuin)));
    return chart;
  };
  card.querySelector("[data-paths-note]").remove();
  let chart = draw();
  new ResizeObserver(() => chart.resize()).observe(canvas);
  dark.addEventListener("change", () => { chart.dispose(); chart = draw(); });
}
