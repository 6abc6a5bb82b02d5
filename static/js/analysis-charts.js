// Draws the histogram of R from the table beneath it, and results by holding time from an address. The library is loaded
// once the first picture comes into the page.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const own = document.querySelector("script[data-echarts]");
let library;

function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = own.dataset.echarts;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

function mode() {
  return document.documentElement.dataset.bsTheme || (dark.matches ? "dark" : "light");
}

function colours(theme) {
  const palette = theme.palettes[document.documentElement.dataset.palette]?.[mode()] ?? {};
  return { ...theme[mode()].semantic, ...palette };
}

async function json(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
  return answer.json();
}

function histogram(card, theme) {
  const ink = colours(theme);
  const rows = [...card.querySelectorAll("tr[data-bar]")].map((row) => ({
    count: Number(row.dataset.bar), edge: row.dataset.edge, side: row.dataset.side,
    link: row.querySelector("a")?.href, shown: [...row.cells].map((cell) => cell.textContent.trim()),
  }));
  return {
    option: {
      animation: false,
      grid: { left: 8, right: 8, top: 12, bottom: 4, containLabel: true },
      tooltip: { ...theme[mode()].echarts.tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([hit]) => {
        const [band, trades, net] = rows[hit.dataIndex].shown;
        return net ? `${band} R\n${trades}\n${net}` : `${band} R\n0`;
      } },
      // A label stands at the lower edge of its bar, so that zero lies between loss and profit.
      xAxis: { type: "category", data: rows.map((row) => row.edge), axisTick: { alignWithLabel: false }, axisLabel: { color: ink.text3, align: "right", interval: (place, edge) => edge !== "" && !/[.,]/.test(edge) } },
      yAxis: { type: "value", minInterval: 1, splitNumber: 4, axisLabel: { color: ink.text3 } },
      series: [{ type: "bar", barCategoryGap: "12%", cursor: "pointer", data: rows.map((row) => ({ value: row.count, itemStyle: { color: row.side === "loss" ? ink.loss : ink.profit } })) }],
    },
    open: (hit) => rows[hit.dataIndex].link,
  };
}

const TICKS = [[10, "10 s"], [60, "1 min"], [300, "5 min"], [1800, "30 min"], [7200, "2 h"], [28800, "8 h"], [86400, "1 d"], [432000, "5 d"], [2592000, "30 d"], [15552000, "180 d"]];

function duration(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

function amount(value, set, places = 2) {
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
  const written = text.replaceAll(",", "\0").replace(".", set.point).replaceAll("\0", set.group);
  return `${value < 0 ? "\u2212" : value > 0 ? "+" : ""}${written}`;
}

function scatter(card, theme, data) {
  const ink = colours(theme);
  const [set] = data.sets;
  const held = set.points.map((point) => point[0]);
  const [low, high] = [Math.min(...held), Math.max(...held)];
  const ticks = TICKS.filter(([at]) => at >= low && at <= high);
  const places = ticks.map(([at]) => Math.log(at));
  const label = (place) => ticks[places.findIndex((at) => Math.abs(at - place) < 1e-6)]?.[1] ?? "";
  const series = (name, keep, colour, symbol) => ({
    type: "scatter", name, symbol, symbolSize: 6, cursor: "pointer", itemStyle: { color: colour, opacity: 0.6 }, emphasis: { itemStyle: { opacity: 1 } },
    data: set.points.filter((point) => keep(point[1])).map((point) => ({ value: [Math.log(point[0]), point[1]], point })),
  });
  return {
    option: {
      animation: false,
      grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
      tooltip: { ...theme[mode()].echarts.tooltip, trigger: "item", formatter: (hit) => {
        const [seconds, net, , symbol, side] = hit.data.point;
        return `${symbol} ${side}\n${amount(net, set)} ${set.currency}\n${duration(seconds)}`;
      } },
      xAxis: { type: "value", min: Math.log(low) - 0.2, max: Math.log(high) + 0.2, splitLine: { show: false }, axisTick: { show: true, customValues: places }, axisLabel: { color: ink.text3, customValues: places, formatter: label, hideOverlap: true } },
      yAxis: { type: "value", splitNumber: 5, axisLabel: { color: ink.text3, formatter: (value) => amount(value, set, 0) } },
      // Triangles tell won from lost where colours do not.
      series: [series("won", (net) => net >= 0, ink.profit, "triangle"), series("lost", (net) => net < 0, ink.loss, "path://M0,0 L10,0 L5,8 Z")],
    },
    open: (hit) => `${set.trade}${hit.data.point[2]}/${set.query}`,
  };
}

async function draw(card) {
  const canvas = card.querySelector("[data-canvas]");
  if (!canvas || card.dataset.drawn) return;
  card.dataset.drawn = "1";
  const note = card.querySelector("[data-note]");
  note.textContent = "\u2026";
  try {
    const [theme, data] = await Promise.all([json(card.dataset.theme), card.dataset.scatter ? json(card.dataset.scatter) : null, loadLibrary()]);
    await document.fonts.load('12px "Inter Variable"');
    note.remove();
    const paint = () => {
      const made = data ? scatter(card, theme, data) : histogram(card, theme);
      const chart = echarts.init(canvas, theme[mode()].echarts, { renderer: "canvas" });
      chart.setOption(made.option);
      chart.on("click", (hit) => { const address = made.open(hit); if (address) location.assign(address); });
      return chart;
    };
    let chart = paint();
    new ResizeObserver(() => chart.resize()).observe(canvas);
    dark.addEventListener("change", () => { chart.dispose(); chart = paint(); });
  } catch (error) {
    note.textContent = note.dataset.failed;
    throw error;
  }
}

function drawAll() {
  for (const card of document.querySelectorAll("[data-histogram], [data-scatter]")) draw(card);
}

document.addEventListener("htmx:afterSettle", drawAll);
drawAll();
