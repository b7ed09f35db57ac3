// Ctrl+C, X and V as the browser's own events, which need no permission and work between tabs and windows.
import type { App } from "@/app";
import { pasteText } from "@/commands/editing";
import { isTyping } from "@/commands/registry";
import type { Service } from "@/shell/slots";

/** Pastes nodes from the clipboard at the pointer. Files and foreign texts are left to others. */
export const pastingService: Service = {
  id: "pasting",
  start(app: App) {
    const listen = (event: ClipboardEvent) => {
      if (isTyping(event.target) || app.tab === undefined || event.defaultPrevented) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (pasteText(app, text, false, app.canvas?.pointer(), "canvas.paste")) event.preventDefault();
    };
    window.addEventListener("paste", listen);
    return () => window.removeEventListener("paste", listen);
  },
};
