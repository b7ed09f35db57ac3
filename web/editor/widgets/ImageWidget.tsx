// A picture of the input folder: chosen, dropped or uploaded; what can be done with it comes from IMAGE_ACTIONS.
import { Upload } from "lucide-react";
import { useRef } from "react";
import { uploadInput } from "@/api/client";
import { useApp, useT } from "@/shell/hooks";
import { IMAGE_ACTIONS } from "@/shell/parts";
import { SelectWidget } from "./SelectWidget";
import type { WidgetProps } from "./types";

export function ImageWidget(props: WidgetProps) {
  const t = useT();
  const app = useApp();
  const picker = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    try {
      props.change(await uploadInput(file));
    } catch (error) {
      app.toasts.show("error", error instanceof Error ? error.message : String(error));
    }
  };
  const value = typeof props.value === "string" ? props.value : "";
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button uploads with the keyboard
    <div
      className="widget-image"
      data-drop="image"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        void take(event.dataTransfer.files[0]);
      }}
    >
      <SelectWidget {...props} />
      <button
        type="button"
        className="widget-icon"
        aria-label={t("node.upload")}
        title={t("node.upload")}
        onClick={() => picker.current?.click()}
      >
        <Upload size={14} />
      </button>
      {value !== "" &&
        IMAGE_ACTIONS.map(({ id, label, icon: Icon, run }) => (
          <button
            type="button"
            className="widget-icon"
            key={id}
            aria-label={t(label)}
            title={t(label)}
            onClick={() =>
              run(app, { node: props.node, input: props.input.name, value, change: props.change })
            }
          >
            <Icon size={14} />
          </button>
        ))}
      <input
        ref={picker}
        type="file"
        accept="image/*"
        hidden
        onChange={(event) => void take(event.target.files?.[0])}
      />
    </div>
  );
}
