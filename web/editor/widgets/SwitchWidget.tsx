// Yes or no.
import type { WidgetProps } from "./types";

export function SwitchWidget({ value, change, label }: WidgetProps) {
  const isOn = value === true;
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      className="widget-switch"
      onClick={() => change(!isOn)}
    >
      <span />
    </button>
  );
}
