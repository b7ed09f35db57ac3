// Shows what is open over everything, the latest on top.
import { Suspense } from "react";
import { useStore } from "zustand";
import { useApp } from "./hooks";

export function OverlayHost() {
  const { overlays } = useApp();
  const open = useStore(overlays.state, (state) => state.open);
  return (
    <Suspense fallback={null}>
      {open.map(({ key, component: Overlay, props, focusBack }) => (
        <Overlay key={key} {...props} onClose={() => overlays.close(key, focusBack)} />
      ))}
    </Suspense>
  );
}
