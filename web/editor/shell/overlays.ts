// What lies over everything: dialogs, the search, the viewer. Each is a component that is given `onClose`.
import type { ComponentType } from "react";
import { createStore, type StoreApi } from "zustand/vanilla";

export interface OverlayProps {
  readonly onClose: () => void;
}

export interface OpenOverlay {
  readonly key: number;
  readonly component: ComponentType<OverlayProps>;
  /** Everything the component takes besides `onClose`. */
  readonly props: object;
  /** What had the focus before. */
  readonly focusBack: Element | null;
}

/** The stack of open overlays; the last lies on top. */
export class Overlays {
  readonly state: StoreApi<{ readonly open: readonly OpenOverlay[] }> = createStore(() => ({
    open: [] as OpenOverlay[],
  }));
  private next = 1;

  /** Show a component over everything; returns how to close it. It gives focus back where it was. */
  open<P extends OverlayProps>(component: ComponentType<P>, props: Omit<P, "onClose">): () => void {
    const key = this.next++;
    const focusBack = document.activeElement;
    this.state.setState(({ open }) => ({
      open: [...open, { key, component: component as ComponentType<OverlayProps>, props, focusBack }],
    }));
    return () => this.close(key, focusBack);
  }

  close(key: number, focusBack?: Element | null): void {
    this.state.setState(({ open }) => ({ open: open.filter((each) => each.key !== key) }));
    if (focusBack instanceof HTMLElement && focusBack.isConnected) focusBack.focus({ preventScroll: true });
  }

  get isOpen(): boolean {
    return this.state.getState().open.length > 0;
  }
}
