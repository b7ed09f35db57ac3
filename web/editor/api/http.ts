// How the editor asks its server: JSON in and out, one kind of error with a sentence for people.
import { parseJson, writeJson } from "@/document/json";

/** The server refused, or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** What the server says further, e.g. `problems` and `node_errors` of a workflow. */
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is: a file or a form. */
  readonly raw?: Blob | FormData;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/** Ask, and read the answer as JSON. `path` starts with `/`. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const response = await send(path, options);
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return (text === "" ? undefined : parseJson(text)) as T;
}

/** Ask, and hand out the response itself, for blobs and headers. Throws only when nobody answers. */
export async function send(path: string, options: Ask = {}): Promise<Response> {
  const headers = { ...options.headers };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method: options.method ?? (options.body !== undefined || options.raw !== undefined ? "POST" : "GET"),
      headers,
      body: options.body !== undefined ? writeJson(options.body) : (options.raw ?? null),
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "The server does not answer.");
  }
}

/** The error that an answer tells, in either of the server's two shapes. */
export function refusal(status: number, text: string): ApiError {
  let data: unknown;
  try {
    data = parseJson(text);
  } catch {
    return new ApiError(status, "unknown", `The server answered ${status}.`);
  }
  const body = record(data);
  const error = record(body.error);
  const code = textIn(error.code) ?? textIn(error.type) ?? "unknown";
  const message = textIn(error.message) ?? textIn(body.detail) ?? `The server answered ${status}.`;
  const more =
    typeof error.details === "string" && error.details !== ""
      ? { explanation: error.details }
      : record(error.details);
  return new ApiError(status, code, message, {
    ...more,
    ...(body.node_errors ? { classic: body.node_errors } : {}),
  });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
