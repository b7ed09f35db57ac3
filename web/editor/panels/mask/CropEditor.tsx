// Cuts a picture to a rectangle, and puts the result into the input.
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { inputFile, uploadInput } from "@/api/client";
import { useApp, useT } from "@/shell/hooks";
import { centred, dragged, type Grip, inside, type Rect } from "./crop";
import { EditorFrame } from "./EditorFrame";
import type { EditorProps } from "./index";
import { channelUrl, stageSize } from "./picture";

const GRIPS: readonly Grip[] = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const SHAPES: readonly (readonly [string, number | undefined])[] = [
  ["–", undefined],
  ["1:1", 1],
  ["4:3", 4 / 3],
  ["3:4", 3 / 4],
  ["16:9", 16 / 9],
  ["9:16", 9 / 16],
];
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export default function CropEditor({ name, change, onClose }: EditorProps) {
  const app = useApp();
  const t = useT();
  const image = useRef<HTMLImageElement>(null);
  const [picture, setPicture] = useState<{ width: number; height: number }>();
  const [rect, setRect] = useState<Rect>({ x: 0, y: 0, width: 1, height: 1 });
  const [shape, setShape] = useState("–");
  const [isBusy, setBusy] = useState(false);
  const held = useRef<{ grip: Grip; start: Rect; x: number; y: number } | undefined>(undefined);
  const ratio = SHAPES.find(([label]) => label === shape)?.[1];
  useEffect(() => {
    if (picture !== undefined) setRect(centred(picture, ratio));
  }, [picture, ratio]);

  const take = (event: PointerEvent<HTMLElement>, grip: Grip) => {
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    held.current = { grip, start: rect, x: event.clientX, y: event.clientY };
  };
  const move = (event: PointerEvent) => {
    const state = held.current;
    if (state === undefined || picture === undefined || image.current === null) return;
    const scale = picture.width / image.current.getBoundingClientRect().width;
    const by = [(event.clientX - state.x) * scale, (event.clientY - state.y) * scale] as const;
    setRect(dragged(state.start, state.grip, by, picture, ratio));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const way = ARROWS[event.key];
    if (way === undefined || picture === undefined || event.target instanceof HTMLInputElement) return;
    if (event.target instanceof HTMLSelectElement) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    const grip = event.altKey ? "se" : "move";
    setRect(dragged(rect, grip, [way[0] * far, way[1] * far], picture, ratio));
  };
  const save = async () => {
    setBusy(true);
    try {
      change(await uploadInput(await cut(name, rect)));
      onClose();
    } catch (error) {
      app.toasts.show("error", error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const share = (value: number, of: number) => `${(100 * value) / Math.max(1, of)}%`;
  const numbers = (["x", "y", "width", "height"] as const).map((key) => (
    <label key={key} className="picture-editor-number">
      <span>{t(`mask.${key}`)}</span>
      <input
        className="field"
        type="number"
        value={rect[key]}
        min={0}
        onChange={(event) =>
          picture && setRect(inside({ ...rect, [key]: Number(event.target.value) }, picture))
        }
      />
    </label>
  ));
  return (
    <EditorFrame
      title={t("mask.crop")}
      tools={
        <>
          <label className="picture-editor-number">
            <span>{t("mask.shape")}</span>
            <select className="field" value={shape} onChange={(event) => setShape(event.target.value)}>
              {SHAPES.map(([label]) => (
                <option key={label} value={label}>
                  {label === "–" ? t("mask.free") : label}
                </option>
              ))}
            </select>
          </label>
          {numbers}
        </>
      }
      isBusy={isBusy || picture === undefined}
      applyLabel={t("mask.cut")}
      onApply={() => void save()}
      onClose={onClose}
      onKeyDown={onKeyDown}
    >
      <div className="mask-stage crop-stage" style={picture && stageSize(picture)}>
        <img
          ref={image}
          src={channelUrl(name, "rgb")}
          alt={name}
          draggable={false}
          onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
            setPicture({ width, height })
          }
        />
        {picture !== undefined && (
          // biome-ignore lint/a11y/useSemanticElements: a rectangle that arrow keys move
          <div
            className="crop-rect"
            role="group"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move it
            tabIndex={0}
            aria-label={t("mask.rect", { ...rect })}
            style={{
              left: share(rect.x, picture.width),
              top: share(rect.y, picture.height),
              width: share(rect.width, picture.width),
              height: share(rect.height, picture.height),
            }}
            onPointerDown={(event) => take(event, "move")}
            onPointerMove={move}
            onPointerUp={() => {
              held.current = undefined;
            }}
          >
            {GRIPS.map((grip) => (
              <span
                key={grip}
                className="crop-grip"
                data-grip={grip}
                onPointerDown={(event) => take(event, grip)}
              />
            ))}
          </div>
        )}
      </div>
      <p className="picture-editor-help">{t("mask.cropHelp")}</p>
    </EditorFrame>
  );
}

/** A part of a picture as a file of its own; what was transparent stays so. */
async function cut(name: string, { x, y, width, height }: Rect): Promise<File> {
  const { filename, subfolder, type } = inputFile(name);
  const response = await fetch(`/api/view?${new URLSearchParams({ filename, subfolder, type })}`);
  if (!response.ok) throw new Error(`The picture could not be loaded (${response.status}).`);
  const part = await createImageBitmap(await response.blob(), x, y, width, height);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.drawImage(part, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return new File([blob], `${filename.replace(/\.\w+$/, "")}-crop-${Date.now()}.png`, { type: "image/png" });
}
