// The websocket to the server: connects again with growing pauses, reads messages and previews.
import { parseJson } from "@/document/json";

/** A JSON message of the classic protocol, see docs/api.md. */
export interface SocketMessage {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A picture of work in progress. */
export interface PreviewMessage {
  readonly node: string;
  /** The node to show it at: the same, or the node of a subgraph that it is in. */
  readonly display: string;
  readonly job: string;
  readonly picture: Blob;
}

export interface SocketListener {
  onMessage(message: SocketMessage): void;
  onPreview(preview: PreviewMessage): void;
  /** The connection is there; `again` if it was lost before: what was missed must be asked for. */
  onOpen(again: boolean): void;
  /** The connection is lost; the next try is in so many milliseconds. */
  onLost(retryMs: number): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const PREVIEW = 1;
const PREVIEW_WITH_METADATA = 4;

/** How long to wait before the next try: doubled each time, and up to half of it by chance, so that many clients of a
 * server that comes back do not all ask at once. */
export function pauseMs(tries: number, chance: number = Math.random()): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
  return Math.round(whole * (0.5 + chance / 2));
}

/** A connection that lasts until `close`. */
export class ServerSocket {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private wasOpen = false;
  private isClosed = false;

  constructor(
    private readonly clientId: string,
    private readonly listener: SocketListener,
  ) {}

  /** Connect now, also if a pause is going on. */
  connect(): void {
    clearTimeout(this.timer);
    if (this.isClosed || this.socket !== undefined) return;
    const address = `${location.origin.replace(/^http/, "ws")}/api/ws?clientId=${encodeURIComponent(this.clientId)}`;
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.addEventListener("open", () => this.opened(socket));
    socket.addEventListener("message", (event: MessageEvent<string | ArrayBuffer>) => this.heard(event.data));
    socket.addEventListener("close", () => this.lost(socket));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private opened(socket: WebSocket): void {
    socket.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }));
    const again = this.wasOpen;
    this.wasOpen = true;
    this.tries = 0;
    this.listener.onOpen(again);
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    if (this.isClosed) return;
    const pause = pauseMs(this.tries++);
    this.timer = setTimeout(() => this.connect(), pause);
    this.listener.onLost(pause);
  }

  private heard(data: string | ArrayBuffer): void {
    if (typeof data === "string") this.listener.onMessage(parseJson(data) as unknown as SocketMessage);
    else {
      const preview = readPreview(data);
      if (preview !== undefined) this.listener.onPreview(preview);
    }
  }
}

/** A binary frame: type 1 is format and picture, type 4 is JSON and picture. Undefined if it is neither. */
export function readPreview(frame: ArrayBuffer): PreviewMessage | undefined {
  if (frame.byteLength < 8) return undefined;
  const head = new DataView(frame);
  const kind = head.getUint32(0);
  const second = head.getUint32(4);
  if (kind === PREVIEW) {
    const type = second === 2 ? "image/png" : "image/jpeg";
    return { node: "", display: "", job: "", picture: new Blob([frame.slice(8)], { type }) };
  }
  if (kind !== PREVIEW_WITH_METADATA) return undefined;
  const facts = JSON.parse(new TextDecoder().decode(frame.slice(8, 8 + second))) as Record<string, string>;
  const node = facts.node_id ?? "";
  return {
    node,
    display: facts.display_node_id ?? node,
    job: facts.prompt_id ?? "",
    picture: new Blob([frame.slice(8 + second)], { type: facts.image_type ?? "image/jpeg" }),
  };
}
