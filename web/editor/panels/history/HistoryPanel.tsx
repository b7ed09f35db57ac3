// A gallery of what was made. The server remembers it, so it is the same after a reload and after a restart.
import { useVirtualizer } from "@tanstack/react-virtual";
import { CircleAlert, Columns2, FileQuestion, Film, ListFilter, Music, Trash2 } from "lucide-react";
import { type MouseEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { viewUrl } from "@/api/client";
import type { GalleryWish, Made } from "@/api/jobs";
import { useApp, useT, useUi } from "@/shell/hooks";
import { CompareView } from "@/viewer/CompareView";
import { openViewer } from "@/viewer/opening";
import "../shared/panel.css";
import { CardMenu } from "./CardMenu";
import "./history.css";
import { useGallery } from "./useGallery";

const GAP = 8;
const CAPTION = 26;
const LEAST_WIDTH = 124;
const PADDING = 12;
const THUMBNAIL = 256;

export default function HistoryPanel() {
  const app = useApp();
  const t = useT();
  const [text, setText] = useState("");
  const [status, setStatus] = useState("");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [hasFilters, setFilters] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const words = useDeferredValue(text);
  const wish = useMemo<GalleryWish>(
    () => ({
      text: words,
      status,
      ...(since && { since: startOf(since) }),
      ...(until && { until: startOf(until, 1) }),
    }),
    [words, status, since, until],
  );
  const { made, status: state, problem, hasMore, more, remove } = useGallery(wish);
  const pictures = useMemo(
    () => made.filter((each) => each.files.some((file) => file.kind === "image")),
    [made],
  );
  const selected = chosen.filter((id) => made.some((each) => each.id === id));
  const compared = selected.filter((id) => pictures.some((each) => each.id === id));
  const compare = () => {
    const [a, b] = selected.map((id) => made.find((each) => each.id === id));
    if (a !== undefined && b !== undefined) app.overlays.open(CompareView, { before: a, after: b });
  };
  const choose = (id: string) =>
    setChosen((before) => (before.includes(id) ? before.filter((each) => each !== id) : [...before, id]));
  const isFiltered = text !== "" || status !== "" || since !== "" || until !== "";
  return (
    <div className="panel-column">
      <div className="panel-tools">
        <input
          className="field"
          type="search"
          placeholder={t("history.search")}
          aria-label={t("history.search")}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button
          type="button"
          className="icon-button"
          aria-pressed={hasFilters || status !== "" || since !== "" || until !== ""}
          aria-label={t("history.filters")}
          title={t("history.filters")}
          onClick={() => setFilters(!hasFilters)}
        >
          <ListFilter size={16} />
        </button>
      </div>
      {hasFilters && (
        <div className="history-filters">
          <fieldset className="history-states" aria-label={t("history.filters")}>
            {(["", "succeeded", "failed"] as const).map((each) => (
              <button key={each} type="button" aria-pressed={status === each} onClick={() => setStatus(each)}>
                {t(each === "" ? "history.all" : `history.${each}`)}
              </button>
            ))}
          </fieldset>
          <label>
            {t("history.since")}
            <input
              type="date"
              className="field"
              value={since}
              onChange={(event) => setSince(event.target.value)}
            />
          </label>
          <label>
            {t("history.until")}
            <input
              type="date"
              className="field"
              value={until}
              onChange={(event) => setUntil(event.target.value)}
            />
          </label>
        </div>
      )}
      {selected.length > 0 && (
        <div className="history-chosen">
          <button
            type="button"
            className="button"
            disabled={compared.length !== 2 || selected.length !== 2}
            title={t("history.compareHint")}
            onClick={compare}
          >
            <Columns2 size={14} aria-hidden />
            {t("history.compare")}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              remove(selected);
              setChosen([]);
            }}
          >
            <Trash2 size={14} aria-hidden />
            {t("history.delete")}
          </button>
          <span>{selected.length}</span>
        </div>
      )}
      {state === "failed" && <p className="panel-problem">{problem}</p>}
      {state === "ready" && made.length === 0 && (
        <p className="panel-nothing">{t(isFiltered ? "history.noHits" : "history.empty")}</p>
      )}
      <Grid
        made={made}
        hasMore={hasMore}
        onMore={more}
        chosen={selected}
        onChoose={choose}
        onRemove={(id) => remove([id])}
        onOpen={(each) => openViewer(app, pictures, each.id)}
      />
    </div>
  );
}

interface GridProps {
  readonly made: readonly Made[];
  readonly hasMore: boolean;
  readonly onMore: () => void;
  readonly chosen: readonly string[];
  readonly onChoose: (id: string) => void;
  readonly onRemove: (id: string) => void;
  readonly onOpen: (made: Made) => void;
}

function Grid({ made, hasMore, onMore, chosen, onChoose, onRemove, onOpen }: GridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const width = useUi((ui) => ui.panelSizes.right) - 2 * PADDING - 10;
  const columns = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
  const side = Math.floor((width - (columns - 1) * GAP) / columns);
  const rows = Math.ceil(made.length / columns);
  const height = side + CAPTION + GAP;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 3,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew
  useEffect(() => virtual.measure(), [virtual, height]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows - 2) onMore();
  }, [hasMore, last, rows, onMore]);
  return (
    <div ref={scroller} className="history-scroll" data-scrolls>
      <ul className="history-grid" style={{ height: virtual.getTotalSize() }}>
        {items.flatMap((row) =>
          made.slice(row.index * columns, (row.index + 1) * columns).map((each, at) => (
            <li
              key={each.id}
              style={{
                width: side,
                height: side + CAPTION,
                transform: `translate(${at * (side + GAP)}px, ${row.start}px)`,
              }}
            >
              <Card
                made={each}
                isChosen={chosen.includes(each.id)}
                isChoosing={chosen.length > 0}
                onChoose={() => onChoose(each.id)}
                onRemove={() => onRemove(each.id)}
                onOpen={() => onOpen(each)}
              />
            </li>
          )),
        )}
      </ul>
    </div>
  );
}

interface CardProps {
  readonly made: Made;
  readonly isChosen: boolean;
  readonly isChoosing: boolean;
  readonly onChoose: () => void;
  readonly onRemove: () => void;
  readonly onOpen: () => void;
}

function Card({ made, isChosen, isChoosing, onChoose, onRemove, onOpen }: CardProps) {
  const t = useT();
  const picture = made.files.find((file) => file.kind === "image");
  const count = made.files.length;
  const title = made.title || made.texts[0] || picture?.filename || made.id;
  const time = new Date(made.created_at);
  const click = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || isChoosing) onChoose();
    else if (picture !== undefined) onOpen();
  };
  return (
    <article className="history-card" data-chosen={isChosen} data-status={made.status}>
      <button
        type="button"
        className="history-picture"
        aria-label={title}
        title={made.message ?? made.texts[0] ?? title}
        onClick={click}
      >
        {picture === undefined ? (
          <NoPicture made={made} />
        ) : (
          <img
            src={viewUrl(picture, 80, THUMBNAIL)}
            alt=""
            loading="lazy"
            decoding="async"
            draggable={false}
          />
        )}
        {count > 1 && <span className="history-count">{count}</span>}
      </button>
      <input
        type="checkbox"
        className="history-check"
        aria-label={`${t("history.select")}: ${title}`}
        checked={isChosen}
        onChange={onChoose}
      />
      <footer>
        <time dateTime={made.created_at} title={time.toLocaleString()}>
          {shortTime(time)}
        </time>
        <CardMenu made={made} onRemove={onRemove} />
      </footer>
    </article>
  );
}

function NoPicture({ made }: { readonly made: Made }) {
  if (made.status === "failed") return <CircleAlert size={22} className="history-failed" aria-hidden />;
  const kind = made.files[0]?.kind;
  if (kind === "video") return <Film size={22} aria-hidden />;
  if (kind === "audio") return <Music size={22} aria-hidden />;
  const text = made.texts.at(-1);
  return text === undefined ? (
    <FileQuestion size={22} aria-hidden />
  ) : (
    <span className="history-text">{text}</span>
  );
}

/** Today the time, otherwise the day. */
function shortTime(time: Date): string {
  const isToday = time.toDateString() === new Date().toDateString();
  return isToday
    ? time.toLocaleTimeString(undefined, { timeStyle: "short" })
    : time.toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

/** Midnight of a day (plus some days) here, as an ISO time. */
function startOf(day: string, plus = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + plus).toISOString();
}
