// Our editor, handled as its users do: a file is dropped, keys are pressed. Needs nothing from the editor's inside.
const press = (key, code, modifiers = {}) => {
  const canvas = document.querySelector("[data-testid=canvas]");
  canvas.focus();
  canvas.dispatchEvent(
    new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true, ...modifiers }),
  );
};

window.bench = {
  isReady: () => document.querySelector("[role=tab]") !== null,
  async load(document_) {
    const dragged = new DataTransfer();
    dragged.items.add(new File([JSON.stringify(document_)], "grid.json", { type: "application/json" }));
    const began = performance.now();
    const place = document.querySelector(".shell-canvas");
    place.dispatchEvent(new DragEvent("drop", { dataTransfer: dragged, bubbles: true, cancelable: true }));
    const shown = () => document.querySelector("[role=tab][aria-selected=true]")?.textContent ?? "";
    while (!shown().startsWith("grid")) await benchFrame();
    return benchSettled(began);
  },
  showAll: () => press("F", "KeyF", { shiftKey: true }),
  async showClose() {
    press("F", "KeyF", { shiftKey: true });
    await new Promise((done) => setTimeout(done, 400)); // the camera glides there
    press("1", "Digit1");
  },
  head(x, y) {
    const box = document.querySelector("[data-testid=canvas]").getBoundingClientRect();
    const { e, f, a } = new DOMMatrix(document.querySelector(".canvas-world").style.transform);
    return [box.left + (x + 70) * a + e, box.top + (y + 12) * a + f];
  },
  selectAll: () => press("a", "KeyA", { ctrlKey: true }),
};
