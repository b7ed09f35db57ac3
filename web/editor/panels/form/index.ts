import { ClipboardList } from "lucide-react";
import { lazy } from "react";
import type { Panel, Service } from "@/shell/slots";
import { openPanel } from "@/ui/store";
import "./phone.css";

/** Chosen inputs as a simple form for daily use. */
export const formPanel: Panel = {
  id: "form",
  side: "left",
  title: "form.panel",
  icon: ClipboardList,
  order: 20,
  component: lazy(() => import("./FormPanel")),
};

const PHONE = "(max-width: 640px)";

/** On a phone the form is what is shown first. */
export const formOnPhones: Service = {
  id: "form.phones",
  start(app) {
    const phone = matchMedia(PHONE);
    const show = () => {
      if (!phone.matches) return;
      app.ui.setState({ panels: { left: undefined, right: undefined, bottom: undefined } });
      openPanel(app.ui, "left", "form");
    };
    show();
    phone.addEventListener("change", show);
    // One panel covers the screen: opening one closes the other.
    const stop = app.ui.subscribe(({ panels }, before) => {
      if (!phone.matches || panels === before.panels) return;
      const opened = (["left", "right", "bottom"] as const).find(
        (side) => panels[side] !== undefined && panels[side] !== before.panels[side],
      );
      if (opened === undefined) return;
      const only = { left: undefined, right: undefined, bottom: undefined, [opened]: panels[opened] };
      if (Object.values(panels).filter((each) => each !== undefined).length > 1)
        app.ui.setState({ panels: only });
    });
    return () => {
      stop();
      phone.removeEventListener("change", show);
    };
  },
};
