// Teaches charts the names of months and weekdays in the language of the page.
"use strict";

(() => {
  const language = document.documentElement.lang;
  const names = (count, options, first) => Array.from({ length: count }, (_, at) => new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(first + at * 86400000 * (count === 12 ? 30.5 : 1)));
  const january = Date.UTC(2023, 0, 10);
  const sunday = Date.UTC(2023, 0, 1);
  echarts.registerLocale(language.toUpperCase(), {
    time: {
      month: names(12, { month: "long" }, january),
      monthAbbr: names(12, { month: "short" }, january),
      dayOfWeek: names(7, { weekday: "long" }, sunday),
      dayOfWeekAbbr: names(7, { weekday: "short" }, sunday),
    },
  });
})();
