// One picture, large: arrows go on, wheel and double click zoom, drag moves; beside it what it was made from.
import {
  ChevronLeft,
  ChevronRight,
  Copy,
  Download,
  FolderOpen,
  ImageDown,
  Info,
  Maximize,
  Sprout,
  X,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { viewUrl } from "@/api/client";
import type { Made } from "@/api/jobs";
import { openJob } from "@/files/opening";
import { reuseSeed } from "@/panels/history/reuse";
import { showSeconds } from "@/run/progress";
import type { OutputFile } from "@/run/store";
import { useApp, useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import { copyPicture, sendToInput } from "./actions";
import "./viewer.css";

export interface Shown {
  readonly file: OutputFile;
  readonly made?: Made;
  /** The job that made it, where nothing else is known. */
  readonly job?: string;
}

interface Props extends OverlayProps {
  readonly shown: readonly Shown[];
  readonly first: number;
}

interface Place {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

const FIT: Place = { zoom: 1, x: 0, y: 0 };
const MOST_ZOOM = 32;
const STEP = 1.25;

export function Viewer({ shown, first, onClose }: Props) {
  const app = useApp();
  const t = useT();
  const [at, setAt] = useState(first);
  const [place, setPlace] = useState(FIT);
  const [size, setSize] = useState<readonly [number, number]>();
  const [hasDetails, setDetails] = useState(true);
  const current = shown[at];
  const go = (by: number) => {
    const next = at + by;
    if (next < 0 || next >= shown.length) return;
    setAt(next);
    setPlace(FIT);
    setSize(undefined);
  };
  const zoom = (factor: number) =>
    setPlace((before) => {
      const next = Math.min(MOST_ZOOM, Math.max(1, before.zoom * factor));
      const ratio = next / before.zoom;
      return next === 1 ? FIT : { zoom: next, x: before.x * ratio, y: before.y * ratio };
    });
  const onKeyDown = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      Home: () => go(-at),
      End: () => go(shown.length - 1 - at),
      "+": () => zoom(STEP),
      "-": () => zoom(1 / STEP),
      "0": () => setPlace(FIT),
      i: () => setDetails(!hasDetails),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  };
  if (current === undefined) return null;
  const { file, made } = current;
  const job = made?.id ?? current.job;
  const told = (work: Promise<unknown>) =>
    work.catch((error: unknown) =>
      app.toasts.show("error", error instanceof Error ? error.message : String(error)),
    );
  const leave = (work: () => unknown) => () => {
    onClose();
    void work();
  };
  return (
    <Dialog.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Dialog.Portal>
        <Dialog.Content className="viewer" aria-describedby={undefined} onKeyDown={onKeyDown} data-keys="own">
          <header className="viewer-bar">
            <Dialog.Title>{file.filename}</Dialog.Title>
            <span className="viewer-place">{t("history.place", { at: at + 1, count: shown.length })}</span>
            <span className="viewer-tools">
              <Tool
                label={t("history.zoomOut")}
                icon={<ZoomOut size={17} />}
                onClick={() => zoom(1 / STEP)}
              />
              <Tool label={t("history.fit")} icon={<Maximize size={17} />} onClick={() => setPlace(FIT)} />
              <Tool label={t("history.zoomIn")} icon={<ZoomIn size={17} />} onClick={() => zoom(STEP)} />
              <i />
              <Tool
                label={t("history.useAsInput")}
                icon={<ImageDown size={17} />}
                onClick={leave(() => sendToInput(app, file))}
              />
              <Tool
                label={t("history.copy")}
                icon={<Copy size={17} />}
                onClick={() => void copyPicture(app, file)}
              />
              <a
                className="icon-button"
                href={viewUrl(file)}
                download={file.filename}
                aria-label={t("history.download")}
                title={t("history.download")}
              >
                <Download size={17} />
              </a>
              {job !== undefined && (
                <>
                  <Tool
                    label={t("history.open")}
                    icon={<FolderOpen size={17} />}
                    onClick={leave(() => told(openJob(app, job, made?.title ?? "")))}
                  />
                  <Tool
                    label={t("history.reuseSeed")}
                    icon={<Sprout size={17} />}
                    onClick={() => app.tab && void told(reuseSeed(app, app.tab, job))}
                  />
                </>
              )}
              <i />
              <Tool
                label={t("history.details")}
                icon={<Info size={17} />}
                isPressed={hasDetails}
                onClick={() => setDetails(!hasDetails)}
              />
              <Dialog.Close className="icon-button" aria-label={t("run.close")} title={t("run.close")}>
                <X size={18} />
              </Dialog.Close>
            </span>
          </header>
          <div className="viewer-stage">
            <Picture
              key={viewUrl(file)}
              file={file}
              alt={made?.texts[0] ?? file.filename}
              place={place}
              onPlace={setPlace}
              onSize={(width, height) => setSize([width, height])}
            />
            {at > 0 && (
              <button
                type="button"
                className="viewer-arrow"
                data-side="start"
                aria-label={t("history.previous")}
                onClick={() => go(-1)}
              >
                <ChevronLeft size={24} />
              </button>
            )}
            {at < shown.length - 1 && (
              <button
                type="button"
                className="viewer-arrow"
                data-side="end"
                aria-label={t("history.next")}
                onClick={() => go(1)}
              >
                <ChevronRight size={24} />
              </button>
            )}
          </div>
          {hasDetails && <Details file={file} made={made} size={size} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Tool({
  label,
  icon,
  onClick,
  isPressed,
}: {
  readonly label: string;
  readonly icon: React.ReactNode;
  readonly onClick: () => void;
  readonly isPressed?: boolean;
}) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      onClick={onClick}
    >
      {icon}
    </button>
  );
}

interface PictureProps {
  readonly file: OutputFile;
  readonly alt: string;
  readonly place: Place;
  readonly onPlace: (place: Place) => void;
  readonly onSize: (width: number, height: number) => void;
}

/** The picture; what is dragged at its natural fit goes out to the desktop, what is dragged enlarged moves. */
function Picture({ file, alt, place, onPlace, onSize }: PictureProps) {
  const stage = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; y: number } | undefined>(undefined);
  const latest = useRef(place);
  latest.current = place;
  useEffect(() => {
    const element = stage.current;
    if (element === null) return;
    // React listens passively; a page that zooms along would be a nuisance.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { zoom, x, y } = latest.current;
      const next = Math.min(MOST_ZOOM, Math.max(1, zoom * Math.exp(-event.deltaY / 400)));
      const box = element.getBoundingClientRect();
      const px = event.clientX - box.x - box.width / 2;
      const py = event.clientY - box.y - box.height / 2;
      const ratio = next / zoom;
      onPlace(next === 1 ? FIT : { zoom: next, x: px - (px - x) * ratio, y: py - (py - y) * ratio });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [onPlace]);
  const isEnlarged = place.zoom > 1;
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (!isEnlarged || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX - place.x, y: event.clientY - place.y };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (drag.current !== undefined)
      onPlace({ ...place, x: event.clientX - drag.current.x, y: event.clientY - drag.current.y });
  };
  const end = () => {
    drag.current = undefined;
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that do the same are those of the dialog
    <div
      ref={stage}
      className="viewer-picture"
      data-enlarged={isEnlarged}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={end}
      onPointerCancel={end}
      onDoubleClick={() => onPlace(isEnlarged ? FIT : { zoom: 3, x: 0, y: 0 })}
    >
      <img
        src={viewUrl(file)}
        alt={alt}
        draggable={!isEnlarged}
        onLoad={(event) => onSize(event.currentTarget.naturalWidth, event.currentTarget.naturalHeight)}
        style={{ transform: `translate(${place.x}px, ${place.y}px) scale(${place.zoom})` }}
      />
    </div>
  );
}

function Details({
  file,
  made,
  size,
}: {
  readonly file: OutputFile;
  readonly made: Made | undefined;
  readonly size: readonly [number, number] | undefined;
}) {
  const t = useT();
  const rows: [string, string][] = [
    ...(made?.texts ?? []).map((text): [string, string] => [t("history.prompt"), text]),
    ...(made === undefined || made.models.length === 0
      ? []
      : [[t("history.model"), made.models.join("\n")] as [string, string]]),
    ...(made === undefined || made.seeds.length === 0
      ? []
      : [[t("history.seed"), made.seeds.join(", ")] as [string, string]]),
    ...(size === undefined ? [] : [[t("history.size"), `${size[0]} × ${size[1]}`] as [string, string]]),
    [t("history.file"), [file.subfolder, file.filename].filter(Boolean).join("/")],
    ...(made === undefined
      ? []
      : [[t("history.made"), new Date(made.created_at).toLocaleString()] as [string, string]]),
    ...(made?.seconds === null || made === undefined
      ? []
      : [[t("history.took"), showSeconds(made.seconds)] as [string, string]]),
  ];
  return (
    <aside className="viewer-details" aria-label={t("history.details")} data-scrolls>
      <dl>
        {rows.map(([name, value], at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
          <div key={at}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
