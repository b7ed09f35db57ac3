// The map in the corner; dragging in it moves the view.
import { type PointerEvent, useEffect, useRef } from "react";
import { runIn, runPrefix } from "@/run/scoped";
import { useT, useTab, useUi } from "@/shell/hooks";
import type { Engine } from "./engine";
import { isStill } from "./flow";
import { isRunning, type MapView, mapToWorld, mapView, paintMap } from "./minimap";

const PAUSE_MS = 150;
const PULSE_MS = 450;

export function NavigationMap({ engine }: { readonly engine: Engine }) {
  const t = useT();
  const tab = useTab();
  const isShown = useUi((state) => state.minimap);
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<MapView | undefined>(undefined);
  useEffect(() => {
    const element = canvas.current;
    if (!isShown || element === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pulse: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      const { clientWidth: width, clientHeight: height } = element;
      const ratio = window.devicePixelRatio || 1;
      element.width = width * ratio;
      element.height = height * ratio;
      const context = element.getContext("2d");
      if (context === null || width === 0) return;
      context.scale(ratio, ratio);
      view.current = mapView(engine.scene, engine.shown, width, height);
      const run = runIn(tab.run.getState(), runPrefix(tab.view.getState()));
      const isBright = isStill() || Math.floor(performance.now() / PULSE_MS) % 2 === 0;
      paintMap(context, engine.scene, engine.shown, view.current, { palette: engine.palette, run, isBright });
      clearTimeout(pulse);
      if (!isStill() && isRunning(run)) pulse = setTimeout(draw, PULSE_MS);
    };
    const soon = () => {
      timer ??= setTimeout(draw, PAUSE_MS);
    };
    draw();
    const stop = engine.onFrame(soon);
    return () => {
      stop();
      clearTimeout(timer);
      clearTimeout(pulse);
    };
  }, [engine, tab, isShown]);
  if (!isShown) return null;
  const go = (event: PointerEvent<HTMLDivElement>) => {
    event.stopPropagation();
    if (event.buttons !== 1 || view.current === undefined) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const [x, y] = mapToWorld(view.current, [event.clientX - left, event.clientY - top]);
    const { z } = engine.camera;
    engine.setCamera({ x: engine.surface.width / 2 - x * z, y: engine.surface.height / 2 - y * z, z }, false);
  };
  return (
    <div
      className="minimap"
      role="img"
      aria-label={t("canvas.minimap")}
      onPointerDown={go}
      onPointerMove={go}
      onPointerUp={(event) => event.stopPropagation()}
    >
      <canvas ref={canvas} />
    </div>
  );
}
