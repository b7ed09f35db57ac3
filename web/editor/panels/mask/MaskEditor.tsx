// Paints a mask over a picture: what is painted is made anew. The mask is saved as the picture's alpha.
import { Brush, Contrast, Eraser, Maximize, Redo, Trash2, Undo, ZoomIn, ZoomOut } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useRef, useState } from "react";
import { inputFile, uploadMask } from "@/api/client";
import type { Point } from "@/document/types";
import { useApp, useT } from "@/shell/hooks";
import { EditorFrame } from "./EditorFrame";
import type { EditorProps } from "./index";
import { alphaPicture, loadPicture, stageSize, type Worked } from "./picture";
import { useSight } from "./sight";
import {
  drawMask,
  drawStep,
  type MaskHistory,
  type MaskStep,
  NO_STEPS,
  nextSize,
  redoStep,
  undoStep,
  withStep,
} from "./strokes";
import { Range, Tool } from "./Tools";

export default function MaskEditor({ name, change, onClose }: EditorProps) {
  const app = useApp();
  const t = useT();
  const [picture, setPicture] = useState<Worked>();
  const [history, setHistory] = useState<MaskHistory>(NO_STEPS);
  const [size, setSize] = useState(40);
  const [feather, setFeather] = useState(0);
  const [erases, setErases] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const stroke = useRef<{ points: Point[]; erases: boolean } | undefined>(undefined);
  const sight = useSight();

  useEffect(() => {
    let isWanted = true;
    loadPicture(name).then(
      (loaded) => {
        if (!isWanted) return;
        setPicture(loaded);
        setSize(Math.max(4, Math.round(Math.max(loaded.width, loaded.height) / 16)));
      },
      (error: unknown) => {
        app.toasts.show("error", error instanceof Error ? error.message : String(error));
        onClose();
      },
    );
    return () => {
      isWanted = false;
    };
  }, [name, app, onClose]);

  const redraw = useCallback(() => {
    const context = canvas.current?.getContext("2d");
    if (context != null && picture !== undefined) drawMask(context, history.done, picture.mask);
  }, [history, picture]);
  useEffect(redraw, [redraw]);

  const step = (next: MaskStep) => setHistory((before) => withStep(before, next));
  const at = (event: { clientX: number; clientY: number }): Point => {
    const element = canvas.current;
    if (element === null) return [0, 0];
    const box = element.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * element.width,
      ((event.clientY - box.top) / box.height) * element.height,
    ];
  };
  const showCursor = (event: PointerEvent<HTMLElement>) => {
    const element = canvas.current;
    if (cursor.current === null || element === null) return;
    const box = event.currentTarget.getBoundingClientRect();
    const { z } = sight.value; // the circle lies in what is scaled
    const across = (size * box.width) / z / element.width;
    const [x, y] = [(event.clientX - box.left) / z, (event.clientY - box.top) / z];
    Object.assign(cursor.current.style, {
      display: event.type === "pointerleave" ? "none" : "block",
      width: `${across}px`,
      height: `${across}px`,
      transform: `translate(${x - across / 2}px, ${y - across / 2}px)`,
      borderWidth: `${1.5 / z}px`,
    });
  };
  const down = (event: PointerEvent<HTMLElement>) => {
    if (sight.down(event) || event.button > 2) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    stroke.current = { points: [at(event)], erases: erases !== (event.button === 2 || event.altKey) };
    paint();
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    showCursor(event);
    if (sight.move(event) || stroke.current === undefined) return;
    const native = event.nativeEvent;
    const events = native.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [native]) stroke.current.points.push(at(each));
    paint();
  };
  const paint = () => {
    const context = canvas.current?.getContext("2d");
    if (context == null || stroke.current === undefined) return;
    const points = stroke.current.points.slice(-3); // what was painted before is there already
    drawStep(context, { kind: "stroke", size, points, erases: stroke.current.erases });
  };
  const up = () => {
    sight.up();
    if (stroke.current === undefined) return;
    step({ kind: "stroke", size, ...stroke.current });
    stroke.current = undefined;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (sight.key(event)) return;
    const isMod = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isMod && key === "z") setHistory(event.shiftKey ? redoStep : undoStep);
    else if (isMod && key === "y") setHistory(redoStep);
    else if (isMod && event.key === "Enter") void save();
    else if (isMod || event.altKey) return;
    else if (key === "b") setErases(false);
    else if (key === "e") setErases(true);
    else if (key === "x") setErases(!erases);
    else if (key === "i") step({ kind: "invert" });
    else if (key === "[") setSize(nextSize(size, -1));
    else if (key === "]") setSize(nextSize(size, 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const save = async () => {
    if (picture === undefined) return;
    setBusy(true);
    try {
      const blob = await alphaPicture(picture, history.done, feather);
      change(await uploadMask(blob, inputFile(name), `mask-${Date.now()}.png`));
      onClose();
    } catch (error) {
      app.toasts.show("error", error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const tools = (
    <>
      <Tool label={t("mask.brush")} icon={Brush} isOn={!erases} onClick={() => setErases(false)} />
      <Tool label={t("mask.erase")} icon={Eraser} isOn={erases} onClick={() => setErases(true)} />
      <Range label={t("mask.size")} value={size} min={1} max={400} onChange={setSize} />
      <Range label={t("mask.feather")} value={feather} min={0} max={64} onChange={setFeather} />
      <Tool label={t("mask.invert")} icon={Contrast} onClick={() => step({ kind: "invert" })} />
      <Tool label={t("mask.clear")} icon={Trash2} onClick={() => step({ kind: "clear" })} />
      <Tool
        label={t("canvas.undo")}
        icon={Undo}
        isDisabled={history.done.length === 0}
        onClick={() => setHistory(undoStep)}
      />
      <Tool
        label={t("canvas.redo")}
        icon={Redo}
        isDisabled={history.undone.length === 0}
        onClick={() => setHistory(redoStep)}
      />
      <Tool label={t("mask.zoomOut")} icon={ZoomOut} onClick={() => sight.zoom(1 / 1.25)} />
      <output className="picture-editor-zoom">{Math.round(sight.value.z * 100)} %</output>
      <Tool label={t("mask.zoomIn")} icon={ZoomIn} onClick={() => sight.zoom(1.25)} />
      <Tool label={t("mask.whole")} icon={Maximize} onClick={sight.reset} />
    </>
  );
  return (
    <EditorFrame
      title={t("mask.paint")}
      tools={tools}
      isBusy={isBusy || picture === undefined}
      applyLabel={t("mask.use")}
      onApply={() => void save()}
      onClose={onClose}
      onKeyDown={onKeyDown}
      onKeyUp={sight.keyUp}
    >
      {picture !== undefined && (
        // biome-ignore lint/a11y/noStaticElementInteractions: painting needs a pointer; the tools work with keys
        <div
          className="mask-stage"
          ref={sight.ref}
          style={{ ...stageSize(picture), ...sight.style }}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={up}
          onPointerLeave={showCursor}
          onContextMenu={(event) => event.preventDefault()}
          onWheel={(event) => event.ctrlKey || setSize(nextSize(size, event.deltaY < 0 ? 1 : -1))}
        >
          <Colours picture={picture} />
          <canvas
            ref={canvas}
            className="mask-layer"
            width={picture.width}
            height={picture.height}
            style={{ filter: feather > 0 ? `blur(${feather / 2}px)` : undefined }}
            role="img"
            aria-label={t("mask.layer")}
          />
          <div ref={cursor} className="mask-cursor" data-erases={erases || undefined} />
        </div>
      )}
      <p className="picture-editor-help">{t("mask.help")}</p>
    </EditorFrame>
  );
}

function Colours({ picture }: { readonly picture: Worked }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.drawImage(picture.colours, 0, 0);
  }, [picture]);
  return <canvas ref={canvas} width={picture.width} height={picture.height} aria-hidden />;
}
