// What runs and what waits on the server, of all clients: reorder, cancel, open the snapshot.
import { ArrowDown, ArrowUp, ChevronsUp, FolderOpen, GripVertical, X } from "lucide-react";
import { type DragEvent, useEffect, useState } from "react";
import { useStore } from "zustand";
import {
  cancelJob,
  clearQueue,
  getQueue,
  type JobProgress,
  type JobSummary,
  orderQueue,
  type Queue,
} from "@/api/jobs";
import { showChord } from "@/commands/chords";
import { openJob } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";
import { useServer } from "../shared/useServer";
import "../shared/panel.css";
import { changedPart, moved } from "./order";
import "./queue.css";

const LOOK_AGAIN_MS = 2000;

export default function QueuePanel() {
  const app = useApp();
  const t = useT();
  const { data, problem, again, put } = useServer(getQueue);
  // Steps of jobs that other clients submitted are not told to this page.
  const isRunning = (data?.running.length ?? 0) > 0;
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(again, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isRunning, again]);
  const [dragged, setDragged] = useState<number>();
  const waiting = data?.waiting ?? [];
  const running = data?.running ?? [];
  const fail = (error: unknown) => {
    app.toasts.show("error", error instanceof Error ? error.message : String(error));
    again();
  };
  const move = (from: number, to: number) => {
    if (data === undefined || from === to || to < 0 || to >= waiting.length) return;
    const order = moved(waiting, from, to);
    const part = changedPart(
      waiting.map((each) => each.id),
      order.map((each) => each.id),
    );
    put({ ...data, waiting: order });
    orderQueue(part).then(put, fail);
  };
  const cancel = (id: string) => {
    if (data !== undefined) put(without(data, id));
    cancelJob(id).then(again, fail);
  };
  const cancelAll = async () => {
    const count = data?.waiting_total ?? 0;
    try {
      await clearQueue();
      await Promise.all(running.map((each) => cancelJob(each.job.id)));
      app.toasts.show("info", t("run.canceledAll", { count: count + running.length }));
      again();
    } catch (error) {
      fail(error);
    }
  };
  const drop = (to: number) => (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (dragged !== undefined) move(dragged, to);
    setDragged(undefined);
  };
  const queueCommand = app.commands.get("run.queue");
  const keys =
    queueCommand === undefined ? "" : app.commands.keysOf(queueCommand).map((chord) => showChord(chord))[0];
  return (
    <div className="panel-column">
      <div className="panel-scroll" data-scrolls>
        {problem !== undefined && <p className="panel-problem">{problem}</p>}
        {data !== undefined && running.length + waiting.length === 0 && (
          <p className="panel-nothing">{t("run.nothingQueued", { keys: keys ?? "" })}</p>
        )}
        {running.length > 0 && (
          <>
            <h3 className="panel-heading">{t("run.running")}</h3>
            <ul className="queue-list">
              {running.map(({ job, progress }) => (
                <RunningItem key={job.id} job={job} progress={progress} onCancel={() => cancel(job.id)} />
              ))}
            </ul>
          </>
        )}
        {waiting.length > 0 && (
          <>
            <h3 className="panel-heading">
              {t("run.next")}
              <button type="button" className="button" data-kind="quiet" onClick={() => void cancelAll()}>
                {t("run.cancelAll")}
              </button>
            </h3>
            <ol className="queue-list" aria-label={t("run.next")}>
              {waiting.map((job, at) => (
                <li
                  key={job.id}
                  className="queue-item"
                  data-dragged={dragged === at}
                  draggable
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = "move";
                    event.dataTransfer.setData("text/plain", job.id);
                    setDragged(at);
                  }}
                  onDragEnd={() => setDragged(undefined)}
                  onDragOver={(event) => dragged !== undefined && event.preventDefault()}
                  onDrop={drop(at)}
                >
                  <GripVertical size={14} className="queue-grip" aria-hidden />
                  <JobName job={job} />
                  <span className="queue-actions">
                    {at > 0 && (
                      <>
                        <Action
                          label={t("run.moveFirst")}
                          onClick={() => move(at, 0)}
                          icon={<ChevronsUp size={14} />}
                        />
                        <Action
                          label={t("run.moveUp")}
                          onClick={() => move(at, at - 1)}
                          icon={<ArrowUp size={14} />}
                        />
                      </>
                    )}
                    {at < waiting.length - 1 && (
                      <Action
                        label={t("run.moveDown")}
                        onClick={() => move(at, at + 1)}
                        icon={<ArrowDown size={14} />}
                      />
                    )}
                    <OpenSnapshot job={job} />
                    <Action label={t("run.cancel")} onClick={() => cancel(job.id)} icon={<X size={14} />} />
                  </span>
                </li>
              ))}
            </ol>
            {data !== undefined && data.waiting_total > waiting.length && (
              <p className="panel-nothing">
                {t("run.andMore", { count: data.waiting_total - waiting.length })}
              </p>
            )}
          </>
        )}
      </div>
    </div>
  );
}

function RunningItem({
  job,
  progress,
  onCancel,
}: {
  readonly job: JobSummary;
  readonly progress: JobProgress | null;
  readonly onCancel: () => void;
}) {
  const app = useApp();
  const t = useT();
  const picture = useStore(app.runner.live, (state) =>
    state.picture?.job === job.id ? state.picture.url : undefined,
  );
  const tab = useStore(app.workspace, ({ tabs }) =>
    tabs.find((each) => each.run.getState().pending.some((one) => one.id === job.id)),
  );
  return (
    <li className="queue-item queue-running">
      {picture === undefined ? (
        <span className="queue-picture" />
      ) : (
        <img className="queue-picture" src={picture} alt="" />
      )}
      <span className="queue-main">
        <JobName job={job} />
        {tab === undefined ? (
          <Bar value={progress?.value} label={progress?.message ?? ""} />
        ) : (
          <LiveBar tab={tab} label={t("run.running")} />
        )}
      </span>
      <span className="queue-actions">
        <OpenSnapshot job={job} />
        <Action label={t("run.cancel")} onClick={onCancel} icon={<X size={14} />} />
      </span>
    </li>
  );
}

/** The progress of a job of this page, which hears of every step. */
function LiveBar({ tab, label }: { readonly tab: import("@/workspace/tabs").Tab; readonly label: string }) {
  const t = useT();
  const running = useStore(tab.run, ({ nodes }) =>
    Object.values(nodes).find((each) => each.status === "running"),
  );
  const text =
    running === undefined || running.maximum <= 1
      ? label
      : t("run.steps", { value: running.value, maximum: running.maximum });
  return <Bar value={running === undefined ? undefined : running.value / running.maximum} label={text} />;
}

function Bar({ value, label }: { readonly value: number | undefined; readonly label: string }) {
  return (
    <span className="queue-progress">
      <progress value={value ?? 0} max={1} aria-label={label} />
      <small>{label}</small>
    </span>
  );
}

function JobName({ job }: { readonly job: JobSummary }) {
  const t = useT();
  const time = new Date(job.created_at).toLocaleTimeString(undefined, { timeStyle: "short" });
  return (
    <span className="queue-name" title={t("run.submitted", { time })}>
      <span>{job.metadata.title ?? job.workflow ?? t("run.untitledJob")}</span>
      <time dateTime={job.created_at}>{time}</time>
    </span>
  );
}

function OpenSnapshot({ job }: { readonly job: JobSummary }) {
  const app = useApp();
  const t = useT();
  const open = () =>
    openJob(app, job.id, job.metadata.title ?? "").catch((error: unknown) =>
      app.toasts.show("error", String(error)),
    );
  return <Action label={t("run.openSnapshot")} onClick={() => void open()} icon={<FolderOpen size={14} />} />;
}

function Action({
  label,
  icon,
  onClick,
}: {
  readonly label: string;
  readonly icon: React.ReactNode;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onClick}>
      {icon}
    </button>
  );
}

function without(queue: Queue, id: string): Queue {
  const waiting = queue.waiting.filter((each) => each.id !== id);
  return { ...queue, waiting, waiting_total: queue.waiting_total - (queue.waiting.length - waiting.length) };
}
