// What a person prefers: looks, language, the canvas, running, keys.
import { FileUp, Keyboard, RotateCcw } from "lucide-react";
import { type ReactNode, useRef } from "react";
import type { Key } from "@/i18n/catalogues";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT, useUi } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import { LANGUAGES, type Preferences } from "@/ui/store";
import { KeymapDialog } from "./KeymapDialog";
import { readTheme } from "./theme";
import "./settings.css";

const LANGUAGE_NAMES = { en: "English", de: "Deutsch", fr: "Français" } as const;

export function SettingsDialog({ onClose }: OverlayProps) {
  const t = useT();
  const app = useApp();
  const picker = useRef<HTMLInputElement>(null);
  const hasTheme = useUi((state) => Object.keys(state.tokens).length > 0);
  const takeTheme = async (file: File | undefined) => {
    if (file === undefined) return;
    const tokens = readTheme(await file.text());
    if (Object.keys(tokens).length === 0) app.toasts.show("warning", t("settings.noTheme"));
    else app.ui.setState({ tokens });
  };
  return (
    <Dialog title={t("settings.title")} onClose={onClose}>
      <div className="settings">
        <Row label="settings.theme">
          <Pick
            name="theme"
            choices={{ system: "app.themeSystem", dark: "app.themeDark", light: "app.themeLight" }}
          />
        </Row>
        <Row label="settings.ownTheme">
          <button type="button" className="button" onClick={() => picker.current?.click()}>
            <FileUp size={14} aria-hidden />
            {t("settings.chooseTheme")}
          </button>
          {hasTheme && (
            <button
              type="button"
              className="icon-button"
              aria-label={t("settings.removeTheme")}
              title={t("settings.removeTheme")}
              onClick={() => app.ui.setState({ tokens: {} })}
            >
              <RotateCcw size={14} />
            </button>
          )}
          <input
            ref={picker}
            type="file"
            accept=".json,.css"
            hidden
            onChange={(event) => void takeTheme(event.target.files?.[0])}
          />
        </Row>
        <Row label="app.language">
          <LanguagePick />
        </Row>
        <Row label="settings.linkStyle">
          <Pick
            name="linkStyle"
            choices={{
              curve: "settings.link_curve",
              straight: "settings.link_straight",
              orthogonal: "settings.link_orthogonal",
              hidden: "settings.link_hidden",
            }}
          />
        </Row>
        <Row label="settings.wheel">
          <Pick name="wheel" choices={{ zoom: "settings.wheel_zoom", pan: "settings.wheel_pan" }} />
        </Row>
        <Row label="settings.dragEmpty">
          <Pick name="dragEmpty" choices={{ marquee: "settings.drag_marquee", pan: "settings.drag_pan" }} />
        </Row>
        <Row label="canvas.snap">
          <Toggle name="snap" label="canvas.snap" />
        </Row>
        <Row label="canvas.minimap">
          <Toggle name="minimap" label="canvas.minimap" />
        </Row>
        <Row label="run.previews">
          <Pick
            name="previews"
            choices={{
              auto: "run.previewsAuto",
              latent2rgb: "run.previewsFast",
              taesd: "run.previewsFine",
              none: "run.previewsNone",
            }}
          />
        </Row>
        <Row label="app.shortcuts">
          <button
            type="button"
            className="button"
            onClick={() => {
              onClose();
              app.overlays.open(KeymapDialog, {});
            }}
          >
            <Keyboard size={14} aria-hidden />
            {t("settings.openKeys")}
          </button>
        </Row>
      </div>
    </Dialog>
  );
}

function Row({ label, children }: { readonly label: Key; readonly children: ReactNode }) {
  const t = useT();
  return (
    <div className="settings-row">
      <span>{t(label)}</span>
      <div>{children}</div>
    </div>
  );
}

type Choosable = "theme" | "linkStyle" | "wheel" | "dragEmpty" | "previews";

function Pick<N extends Choosable>({
  name,
  choices,
}: {
  readonly name: N;
  readonly choices: Readonly<Record<Preferences[N], Key>>;
}) {
  const t = useT();
  const app = useApp();
  const value = useUi((state) => state[name]);
  return (
    <select
      className="field"
      aria-label={t(`settings.${name}`)}
      value={value}
      onChange={(event) => app.ui.setState({ [name]: event.target.value } as unknown as Partial<Preferences>)}
    >
      {Object.entries<Key>(choices).map(([each, label]) => (
        <option key={each} value={each}>
          {t(label)}
        </option>
      ))}
    </select>
  );
}

function LanguagePick() {
  const t = useT();
  const app = useApp();
  const value = useUi((state) => state.language);
  return (
    <select
      className="field"
      aria-label={t("app.language")}
      value={value}
      onChange={(event) => app.ui.setState({ language: event.target.value as Preferences["language"] })}
    >
      {LANGUAGES.map((each) => (
        <option key={each} value={each} lang={each}>
          {LANGUAGE_NAMES[each]}
        </option>
      ))}
    </select>
  );
}

function Toggle({ name, label }: { readonly name: "snap" | "minimap"; readonly label: Key }) {
  const t = useT();
  const app = useApp();
  const isOn = useUi((state) => state[name]);
  return (
    <input
      type="checkbox"
      checked={isOn}
      aria-label={t(label)}
      onChange={() => app.ui.setState({ [name]: !isOn } as Partial<Preferences>)}
    />
  );
}
