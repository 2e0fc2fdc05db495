(() => {
  "use strict";
  const table = document.getElementById("fleet");
  const tools = document.getElementById("tools");
  if (table && tools) {
    const fields = ["name", "level", "version", "published", "findings", "suppressed", "framework", "behind", "grade", "words"];
    const list = new List(table, { listClass: "list", valueNames: [{ data: fields }], page: 300 });
    const search = document.getElementById("search");
    const grade = document.getElementById("grade");
    const shown = document.getElementById("shown");
    const more = document.getElementById("more");
    const tell = () => {
      const count = list.matchingItems.length;
      shown.textContent = `${count} of ${list.size()} integrations`;
      more.classList.toggle("hidden", count <= list.page);
    };
    const look = () => {
      const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = grade.value;
      list.filter((item) => {
        const value = item.values();
        return (!wanted || value.grade === wanted) && words.every((word) => value.words.includes(word));
      });
    };
    let waiting = 0;
    search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 80); });
    grade.addEventListener("change", look);
    more.addEventListener("click", () => { list.page = list.size(); list.update(); });
    for (const button of table.querySelectorAll("thead button")) {
      button.addEventListener("click", () => {
        const head = button.closest("th");
        const order = head.getAttribute("aria-sort") === "ascending" ? "desc" : "asc";
        for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order === "asc" ? "ascending" : "descending");
        list.sort(button.dataset.by, { order });
      });
    }
    list.on("updated", tell);
    tools.classList.remove("hidden");
    tell();
  }

  const source = document.getElementById("series");
  if (!source) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = [];
  const day = (time) => new Date(time * 1e3).toISOString().slice(0, 10);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const draw = (series) => {
    const box = document.getElementById(`plot-${series.name}`);
    const names = ["--one", "--two", "--three", "--four", "--five", "--six"];
    const axis = { stroke: colour("--text"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const lines = Object.keys(series.lines);
    const bars = series.name === "releases" ? { paths: uPlot.paths.bars({ size: [0.8, 40] }) } : {};
    const plot = new uPlot({
      width: box.clientWidth,
      height: 220,
      legend: { show: lines.length > 1 },
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.05)] } },
      tzDate: (time) => uPlot.tzDate(new Date(time * 1e3), "Etc/UTC"),
      axes: [
        { ...axis, space: 70, values: (_, times, __, ___, step) => times.map((time) => day(time).slice(...(step < 28 * 86400 ? [5] : [0, 7]))) },
        { ...axis, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] },
      ],
      series: [{ value: (_, time) => (time === null ? "" : day(time)), label: "day" }, ...lines.map((label, at) => ({
        label,
        stroke: colour(names[at % names.length]),
        fill: bars.paths ? colour(names[at]) : undefined,
        width: 2,
        dash: at % 2 ? [8, 4] : undefined,
        points: { show: false },
        ...bars,
      }))],
    }, [series.days, ...lines.map((label) => series.lines[label])], box);
    plot.root.setAttribute("aria-hidden", "true");
    drawn.push({ plot, box });
  };
  const all = JSON.parse(source.textContent);
  all.forEach(draw);
  addEventListener("resize", () => drawn.forEach(({ plot, box }) => plot.setSize({ width: box.clientWidth, height: 220 })));
  dark.addEventListener("change", () => { drawn.splice(0).forEach(({ plot }) => plot.destroy()); all.forEach(draw); });
})();
