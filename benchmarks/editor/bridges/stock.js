// ComfyUI's own front end, drawing on its canvas.
const look = (scaleFor) => {
  const nodes = app.graph._nodes;
  const left = Math.min(...nodes.map((each) => each.pos[0]));
  const top = Math.min(...nodes.map((each) => each.pos[1]));
  const right = Math.max(...nodes.map((each) => each.pos[0] + each.size[0]));
  const bottom = Math.max(...nodes.map((each) => each.pos[1] + each.size[1]));
  const { ds } = app.canvas;
  ds.scale = scaleFor(right - left, bottom - top);
  ds.offset = [
    innerWidth / 2 / ds.scale - (left + right) / 2,
    innerHeight / 2 / ds.scale - (top + bottom) / 2,
  ];
  app.canvas.setDirty(true, true);
};

window.bench = {
  isReady: () => window.app?.graph !== undefined && "BenchmarkSampler" in (window.LiteGraph?.registered_node_types ?? {}),
  async load(drawing) {
    const began = performance.now();
    await app.loadGraphData(drawing, true, true);
    while (app.graph._nodes.length !== drawing.nodes.length) await benchFrame();
    return benchSettled(began);
  },
  showAll: () => look((width, height) => Math.min(innerWidth / width, innerHeight / height) * 0.95),
  showClose: () => look(() => 1),
  head(x, y) {
    const box = app.canvas.canvas.getBoundingClientRect();
    const { ds } = app.canvas;
    return [box.left + (x + 70 + ds.offset[0]) * ds.scale, box.top + (y - 14 + ds.offset[1]) * ds.scale];
  },
  selectAll: () => app.canvas.selectItems(app.graph._nodes),
};
