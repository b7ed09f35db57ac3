// Short messages that come and go, and stay readable in a log.
import { createStore, type StoreApi } from "zustand/vanilla";

export type ToastKind = "info" | "success" | "warning" | "error";

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toast {
  readonly id: number;
  readonly kind: ToastKind;
  readonly text: string;
  /** A longer explanation. */
  readonly detail?: string;
  readonly action?: ToastAction;
  readonly at: number;
}

export interface ToastState {
  readonly shown: readonly Toast[];
  /** Newest first. */
  readonly log: readonly Toast[];
}

const LIFE_MS: Readonly<Record<ToastKind, number>> = {
  info: 4000,
  success: 4000,
  warning: 8000,
  error: 12_000,
};
const MOST_SHOWN = 4;
const MOST_LOGGED = 200;

/** Shows messages; what it says is also read out by screen readers. */
export class Toasts {
  readonly state: StoreApi<ToastState> = createStore<ToastState>(() => ({ shown: [], log: [] }));
  private next = 1;

  show(kind: ToastKind, text: string, more: Pick<Toast, "detail" | "action"> = {}): number {
    const toast: Toast = { id: this.next++, kind, text, at: Date.now(), ...more };
    this.state.setState(({ shown, log }) => ({
      shown: [...shown, toast].slice(-MOST_SHOWN),
      log: [toast, ...log].slice(0, MOST_LOGGED),
    }));
    setTimeout(() => this.dismiss(toast.id), LIFE_MS[kind]);
    return toast.id;
  }

  dismiss(id: number): void {
    this.state.setState(({ shown }) => ({ shown: shown.filter((toast) => toast.id !== id) }));
  }
}
