// A colour: a swatch that opens the picker of the browser, and its name as text.
import { LineWidget } from "./LineWidget";
import type { WidgetProps } from "./types";

export function ColourWidget(props: WidgetProps) {
  const text = String(props.value ?? "");
  const isHex = /^#[0-9a-f]{6}$/i.test(text);
  return (
    <div className="widget-colour">
      <input
        type="color"
        aria-label={props.label}
        value={isHex ? text : "#000000"}
        onChange={(event) => props.change(event.target.value, true)}
        onBlur={props.settle}
      />
      <LineWidget {...props} />
    </div>
  );
}
