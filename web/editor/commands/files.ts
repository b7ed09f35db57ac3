// Commands for files, tabs and templates.
import { ClipboardCopy, Download, FilePlus, FolderOpen, LayoutTemplate, PackageX, Save } from "lucide-react";
import { writeJson } from "@/document/json";
import { chooseFiles } from "@/files/incoming";
import { MissingDialog } from "@/files/MissingDialog";
import { openEmpty } from "@/files/opening";
import { download, save, saveAs } from "@/files/saving";
import { canReopen, close, reopen, step } from "@/tabs/closing";
import { togglePanel } from "@/ui/store";
import type { Command } from "./types";

export const FILE_COMMANDS: readonly Command[] = [
  {
    id: "file.new",
    label: "files.new",
    group: "file",
    icon: FilePlus,
    keys: ["Mod+Alt+N"],
    menus: ["main"],
    run: (app) => void openEmpty(app),
  },
  {
    id: "file.open",
    label: "files.open",
    group: "file",
    icon: FolderOpen,
    keys: ["Mod+O"],
    whileTyping: true,
    menus: ["main"],
    run: chooseFiles,
  },
  {
    id: "file.save",
    label: "files.save",
    group: "file",
    icon: Save,
    keys: ["Mod+S"],
    whileTyping: true,
    menus: ["main"],
    enabled: (app) => app.tab !== undefined,
    run: async (app) => app.tab && save(app, app.tab),
  },
  {
    id: "file.saveAs",
    label: "files.saveAs",
    group: "file",
    keys: ["Mod+Shift+S"],
    whileTyping: true,
    menus: ["main"],
    enabled: (app) => app.tab !== undefined,
    run: (app) => app.tab && saveAs(app, app.tab),
  },
  {
    id: "file.download",
    label: "files.download",
    group: "file",
    icon: Download,
    menus: ["main"],
    enabled: (app) => app.tab !== undefined,
    run: (app) => app.tab && download(app.tab),
  },
  {
    id: "file.copyJson",
    label: "files.copyJson",
    group: "file",
    icon: ClipboardCopy,
    menus: ["main"],
    enabled: (app) => app.tab !== undefined,
    run: async (app) => {
      if (app.tab === undefined) return;
      await navigator.clipboard.writeText(writeJson(app.tab.document.doc, 2));
      app.toasts.show("success", app.t("files.copiedJson"));
    },
  },
  {
    id: "file.missing",
    label: "files.checkMissing",
    group: "file",
    icon: PackageX,
    enabled: (app) => app.tab !== undefined,
    run: (app) => void (app.tab && app.overlays.open(MissingDialog, { tab: app.tab })),
  },
  {
    id: "file.closeTab",
    label: "files.closeTab",
    group: "file",
    keys: ["Alt+W"],
    enabled: (app) => app.tab !== undefined,
    run: (app) => app.tab && close(app, app.tab.id),
  },
  {
    id: "file.reopenTab",
    label: "files.reopenTab",
    group: "file",
    keys: ["Alt+Shift+W"],
    enabled: canReopen,
    run: (app) => void reopen(app),
  },
  {
    id: "file.nextTab",
    label: "files.nextTab",
    group: "file",
    keys: ["Alt+PageDown"],
    run: (app) => step(app, 1),
  },
  {
    id: "file.previousTab",
    label: "files.previousTab",
    group: "file",
    keys: ["Alt+PageUp"],
    run: (app) => step(app, -1),
  },
  {
    id: "panel.workflows",
    label: "files.panel",
    group: "panel",
    icon: LayoutTemplate,
    keys: ["W"],
    run: (app) => togglePanel(app.ui, "left", "workflows"),
  },
];
