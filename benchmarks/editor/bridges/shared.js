// What every bridge uses: resolves with the milliseconds until three short frames came in a row, when people can work.
window.benchFrame = () => new Promise((done) => requestAnimationFrame(done));
window.benchSettled = async (began) => {
  let [short, last] = [0, performance.now()];
  while (short < 3) {
    await benchFrame();
    const now = performance.now();
    short = now - last < 34 ? short + 1 : 0;
    last = now;
  }
  return performance.now() - began;
};
