// The runner of the real editor: submits, listens on the websocket, and asks again after a lost connection.
import { createStore, type StoreApi } from "zustand/vanilla";
import { interrupt, type SubmitWish, submit } from "@/api/client";
import { ApiError } from "@/api/http";
import { cancelJob, getNodeRuns } from "@/api/jobs";
import { type PreviewMessage, ServerSocket, type SocketListener, type SocketMessage } from "@/api/socket";
import type { App } from "@/app";
import { lookupIn } from "@/catalogue/store";
import type { Tab } from "@/workspace/tabs";
import { applyAfterRun, changesAfterRun, type LimitOf } from "./afterRun";
import { addPending, dropPending, endJob, shownAt, takeMessage } from "./events";
import { clientId, JobBook } from "./jobs";
import { takeNodeRuns } from "./resume";
import type { LiveState, QueueWish, Runner } from "./runner";
import { picturesLoaded } from "./shown";
import { tellRefusal } from "./telling";

/** The parts of the editor that the runner needs. */
export type RunnerHost = Pick<
  App,
  "workspace" | "ui" | "catalogue" | "toasts" | "commands" | "t" | "canvas" | "announce"
> & {
  readonly connection: App["connection"];
};

/** Coming back to a page, at most so many jobs of each tab are looked up. */
const MOST_RESUMED = 20;

/** The runner. It connects with the first `reconnect`. */
export function createRunner(
  host: RunnerHost,
  storage: Storage | undefined = globalThis.sessionStorage,
): Runner {
  return new LiveRunner(host, storage);
}

class LiveRunner implements Runner, SocketListener {
  readonly live: StoreApi<LiveState> = createStore<LiveState>(() => ({ changes: 0, picture: undefined }));
  private readonly book: JobBook;
  private readonly client: string;
  private readonly socket: ServerSocket;
  private sending: Promise<void> = Promise.resolve();
  /** Submissions that did not reach the server; they are sent again with the same id. */
  private unsent: { tab: Tab; wish: SubmitWish }[] = [];
  /** Jobs that the server may not know yet. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly host: RunnerHost,
    storage: Storage | undefined,
  ) {
    this.book = new JobBook(storage);
    this.client = clientId(storage);
    this.socket = new ServerSocket(this.client, this);
  }

  queue(tab: Tab, wish: QueueWish = {}): Promise<void> {
    // Snapshots are taken now: whatever is edited from here on is another run.
    const wishes = this.snapshots(tab, wish);
    const next = this.sending.then(() => this.sendAll(tab, wishes));
    this.sending = next.catch(() => undefined);
    return next;
  }

  async interrupt(tab: Tab): Promise<void> {
    const running = tab.run.getState().pending.find((each) => each.status === "running");
    if (running === undefined) await interrupt();
    else await cancelJob(running.id);
  }

  reconnect(): void {
    this.socket.connect();
  }

  async resume(tab: Tab): Promise<void> {
    const jobs = this.book
      .of(tab.id)
      .filter((job) => !this.underWay.has(job))
      .slice(-MOST_RESUMED);
    await Promise.all(jobs.slice(0, -1).map((job) => this.lookUpWaiting(tab, job)));
    const last = jobs.at(-1);
    if (last !== undefined) await this.lookUp(tab, last);
  }

  onMessage(message: SocketMessage): void {
    if (message.type === "status") this.takeStatus(message);
    const job = String(message.data.prompt_id ?? "");
    const tab = this.tabOf(job);
    if (tab === undefined) return;
    if (takeMessage(tab.run, message, performance.now())) this.ended(tab, job);
  }

  onPreview({ node, display, job, picture }: PreviewMessage): void {
    this.showPicture(job, picture);
    const tab = this.tabOf(job);
    for (const id of tab === undefined ? [] : shownAt(display || node))
      tab?.previews.show(id, picture).catch(() => undefined); // a picture that cannot be decoded is not shown
  }

  onOpen(again: boolean): void {
    this.host.connection.setState({ state: "open", retryAt: undefined });
    void this.sendUnsent();
    if (!again) return;
    this.host.announce(this.host.t("run.connectedAgain"));
    for (const tab of this.host.workspace.getState().tabs) void this.resume(tab);
    this.changed();
  }

  onLost(retryMs: number): void {
    this.host.connection.setState({ state: "lost", retryAt: Date.now() + retryMs });
  }

  private snapshots(tab: Tab, wish: QueueWish): SubmitWish[] {
    const { batchCount, previews } = this.host.ui.getState();
    return Array.from({ length: wish.count ?? batchCount }, () => {
      const id = crypto.randomUUID();
      const document = tab.document.doc;
      this.book.add(id, tab.id);
      this.underWay.add(id);
      addPending(tab.run, id);
      this.changeSeeds(tab);
      return {
        document,
        clientId: this.client,
        id,
        previews,
        labels: { title: tab.title },
        ...(wish.front === undefined ? {} : { front: wish.front }),
        ...(wish.targets === undefined ? {} : { targets: wish.targets }),
        ...(wish.rerun === undefined ? {} : { rerun: wish.rerun }),
      };
    });
  }

  /** Submit one after the other; what follows a refused one is not sent, it would be refused too. */
  private async sendAll(tab: Tab, wishes: readonly SubmitWish[]): Promise<void> {
    for (const [at, wish] of wishes.entries()) {
      if (await this.send(tab, wish)) continue;
      for (const { id } of wishes.slice(at + 1)) this.forget(tab, id);
      return;
    }
  }

  private forget(tab: Tab, id: string): void {
    this.underWay.delete(id);
    this.book.remove(id);
    dropPending(tab.run, id);
  }

  /** Submit; returns whether there is any use in going on. */
  private async send(tab: Tab, wish: SubmitWish): Promise<boolean> {
    try {
      const { node_errors } = await submit(wish);
      this.underWay.delete(wish.id);
      if (Object.keys(node_errors).length > 0) await tellRefusal(this.host, tab, undefined);
      else tab.run.setState({ problems: {} });
      this.changed();
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 0) {
        if (this.unsent.length === 0) this.host.toasts.show("warning", this.host.t("run.notSent"));
        this.unsent.push({ tab, wish });
        return true;
      }
      this.forget(tab, wish.id);
      await tellRefusal(this.host, tab, error);
      return false;
    }
  }

  /** In the order in which they were submitted. */
  private async sendUnsent(): Promise<void> {
    const unsent = this.unsent;
    this.unsent = [];
    for (const { tab, wish } of unsent) await this.send(tab, wish);
  }

  private changeSeeds(tab: Tab): void {
    if (!changesAfterRun(tab.document.doc)) return;
    const lookup = lookupIn(this.host.catalogue.getState());
    const limitOf: LimitOf = (type, input) => {
      const schema = lookup(type)?.inputs.find((each) => each.name === input)?.schema;
      return schema === undefined
        ? undefined
        : { minimum: schema.minimum ?? 0, maximum: schema.maximum ?? 2 ** 50 };
    };
    tab.document.edit(this.host.t("run.afterRun"), (draft) => applyAfterRun(draft, limitOf), {
      coalesce: "after run",
    });
  }

  private takeStatus({ data }: SocketMessage): void {
    const status = data.status as { exec_info?: { queue_remaining?: number } } | undefined;
    const queueRemaining = status?.exec_info?.queue_remaining;
    if (queueRemaining === undefined) return;
    this.host.connection.setState({ queueRemaining });
    this.changed();
  }

  private ended(tab: Tab, job: string): void {
    const { job: last, nodes } = tab.run.getState();
    const t = this.host.t;
    if (last?.id === job && last.status === "failed") {
      const failed = Object.entries(nodes).find(
        ([id, each]) => each.status === "failed" && !id.includes(":"),
      );
      this.tellFailure(tab, failed?.[0], failed?.[1].failure?.message);
    } else this.host.announce(last?.status === "canceled" ? t("run.stopped") : t("run.finished"));
    this.showPicture(undefined, undefined);
    this.changed();
    void this.lookUp(tab, job).then(() => this.dropPreviews(tab, job));
  }

  /** Take the pictures of work in progress away as soon as those of the result are there; the next job has its own. */
  private async dropPreviews(tab: Tab, job: string): Promise<void> {
    await picturesLoaded(Object.values(tab.run.getState().outputs).flat());
    if (tab.run.getState().job?.id === job) tab.previews.clear();
  }

  private tellFailure(tab: Tab, node: string | undefined, message: string | undefined): void {
    const { toasts, t, workspace } = this.host;
    const go = () => {
      workspace.setState({ active: tab.id });
      // The canvas of the tab is there with the next frame.
      if (node !== undefined) requestAnimationFrame(() => this.host.canvas?.goTo(node));
    };
    toasts.show("error", t("run.failed"), {
      ...(message === undefined ? {} : { detail: message }),
      ...(node === undefined ? {} : { action: { label: t("run.showNode"), run: go } }),
    });
  }

  /** Ask the server what became of a job, and show it; nothing changes if nobody knows. */
  private async lookUp(tab: Tab, job: string): Promise<void> {
    try {
      const told = await getNodeRuns(job);
      const shown = tab.run.getState().job;
      if (shown === undefined || shown.id === job || shown.status !== "running")
        takeNodeRuns(tab.run, job, told, performance.now());
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        dropPending(tab.run, job);
        this.book.remove(job);
      }
    }
  }

  /** Whether an earlier job of a tab still waits or runs. */
  private async lookUpWaiting(tab: Tab, job: string): Promise<void> {
    const isPending = tab.run.getState().pending.some((each) => each.id === job);
    try {
      const told = await getNodeRuns(job);
      if (told.status === "queued" || told.status === "running")
        takeNodeRuns(tab.run, job, told, performance.now());
      else if (isPending) endJob(tab.run, job, told.status === "canceling" ? "canceled" : endOf(told.status));
    } catch {
      if (isPending) dropPending(tab.run, job);
    }
  }

  private tabOf(job: string): Tab | undefined {
    const id = this.book.tabOf(job);
    return id === undefined ? undefined : this.host.workspace.getState().tabs.find((tab) => tab.id === id);
  }

  private showPicture(job: string | undefined, picture: Blob | undefined): void {
    const before = this.live.getState().picture;
    const next =
      job === undefined || picture === undefined ? undefined : { job, url: URL.createObjectURL(picture) };
    this.live.setState({ picture: next });
    // Whoever shows the old one has a moment to change over.
    if (before !== undefined) setTimeout(() => URL.revokeObjectURL(before.url), 1000);
  }

  private changed(): void {
    this.live.setState(({ changes }) => ({ changes: changes + 1 }));
  }
}

function endOf(status: string): "succeeded" | "failed" | "canceled" {
  return status === "succeeded" || status === "failed" ? status : "canceled";
}
