// The button that runs, with how far it is, how many wait, and how it runs.
import { ChevronDown, Minus, Play, Plus, Square } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { showChord } from "@/commands/chords";
import { progressOf } from "@/run/services";
import { useApp, useT, useUi } from "@/shell/hooks";
import type { TopBarItem } from "@/shell/slots";
import type { Preferences } from "@/ui/store";
import type { Tab } from "@/workspace/tabs";
import "./run.css";

const MOST_RUNS = 999;
const PREVIEWS: readonly Preferences["previews"][] = ["auto", "latent2rgb", "taesd", "none"];

export const runControl: TopBarItem = { id: "run", place: "end", order: 10, component: RunControl };

function RunControl() {
  const app = useApp();
  const t = useT();
  const tab = useStore(app.workspace, ({ tabs, active }) => tabs.find((each) => each.id === active));
  const waiting = useStore(app.connection, (state) => state.queueRemaining);
  const count = useUi((ui) => ui.batchCount);
  const onChange = useUi((ui) => ui.runOnChange);
  const command = app.commands.get("run.queue");
  const keys = command === undefined ? "" : app.commands.keysOf(command).map((chord) => showChord(chord))[0];
  return (
    <fieldset className="run-control" aria-label={t("run.queue")}>
      <div className="run-main" data-on-change={onChange}>
        <button
          type="button"
          className="run-button"
          title={`${t("run.queueHint")}${keys ? ` (${keys})` : ""}`}
          disabled={tab === undefined}
          onClick={() => app.commands.run("run.queue")}
        >
          {tab !== undefined && <Filling tab={tab} />}
          <Play size={14} fill="currentColor" aria-hidden />
          <span>{t("run.queue")}</span>
          {count > 1 && <span className="run-count">×{count}</span>}
        </button>
        <Options />
      </div>
      <button
        type="button"
        className="icon-button run-stop"
        title={t("run.interrupt")}
        aria-label={t("run.interrupt")}
        disabled={waiting === 0}
        onClick={() => app.commands.run("run.interrupt")}
      >
        <Square size={14} fill="currentColor" aria-hidden />
      </button>
      {waiting > 0 && (
        <button
          type="button"
          className="run-waiting"
          onClick={() => app.commands.run("panel.queue")}
          title={t("run.queuePanel")}
        >
          {waiting}
        </button>
      )}
    </fieldset>
  );
}

/** The part of the button that is filled; changed a few times a second at most. */
function Filling({ tab }: { readonly tab: Tab }) {
  const app = useApp();
  const t = useT();
  const [value, setValue] = useState<number | undefined>(() => progressOf(app, tab));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer = undefined;
      setValue(progressOf(app, tab));
    };
    const stop = tab.run.subscribe(() => {
      timer ??= setTimeout(look, 100);
    });
    look();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [app, tab]);
  if (value === undefined) return null;
  return (
    <span
      className="run-filling"
      role="progressbar"
      aria-label={t("run.running")}
      aria-valuenow={Math.round(value * 100)}
      style={{ inlineSize: `${value * 100}%` }}
    />
  );
}

function Options() {
  const app = useApp();
  const t = useT();
  const { batchCount, previews, runOnChange } = useUi((ui) => ui);
  const setCount = (value: number) =>
    app.ui.setState({ batchCount: Math.min(MOST_RUNS, Math.max(1, Math.round(value) || 1)) });
  const labels = {
    auto: t("run.previewsAuto"),
    latent2rgb: t("run.previewsFast"),
    taesd: t("run.previewsFine"),
    none: t("run.previewsNone"),
  };
  const keysOf = (id: string) => {
    const command = app.commands.get(id);
    const chord = command === undefined ? undefined : app.commands.keysOf(command)[0];
    return chord === undefined ? null : <span className="menu-keys">{showChord(chord)}</span>;
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="run-options" title={t("run.options")} aria-label={t("run.options")}>
        <ChevronDown size={14} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu run-menu"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          data-keys="own"
        >
          <div className="run-batch">
            <span id="run-batch">{t("run.batch")}</span>
            <button
              type="button"
              className="icon-button"
              aria-label={t("run.fewer")}
              onClick={() => setCount(batchCount - 1)}
            >
              <Minus size={13} />
            </button>
            <input
              aria-labelledby="run-batch"
              inputMode="numeric"
              value={batchCount}
              onChange={(event) => setCount(Number(event.target.value))}
              onKeyDown={(event) => event.stopPropagation()}
            />
            <button
              type="button"
              className="icon-button"
              aria-label={t("run.moreRuns")}
              onClick={() => setCount(batchCount + 1)}
            >
              <Plus size={13} />
            </button>
          </div>
          <DropdownMenu.Separator className="menu-separator" />
          <DropdownMenu.Item className="menu-item" onSelect={() => app.commands.run("run.front")}>
            {t("run.front")}
            {keysOf("run.front")}
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => app.commands.run("run.sweep")}>
            {t("run.sweep")}
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => app.commands.run("run.plan")}>
            {t("run.plan")}
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => app.commands.run("run.clearQueue")}>
            {t("run.clearQueue")}
          </DropdownMenu.Item>
          <DropdownMenu.CheckboxItem
            className="menu-item"
            checked={runOnChange}
            onCheckedChange={() => app.commands.run("run.onChange")}
          >
            {t("run.onChange")}
            <span className="menu-keys run-tick">{runOnChange ? "✓" : ""}</span>
          </DropdownMenu.CheckboxItem>
          <DropdownMenu.Separator className="menu-separator" />
          <DropdownMenu.Label className="run-label">{t("run.previews")}</DropdownMenu.Label>
          <DropdownMenu.RadioGroup
            value={previews}
            onValueChange={(value) => app.ui.setState({ previews: value as Preferences["previews"] })}
          >
            {PREVIEWS.map((each) => (
              <DropdownMenu.RadioItem key={each} className="menu-item" value={each}>
                {labels[each]}
                <span className="menu-keys run-tick">{previews === each ? "✓" : ""}</span>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
