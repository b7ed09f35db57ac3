// A number between two limits: a slider with its field beside it.
import { NumberWidget } from "./NumberWidget";
import { numeric, stepOf, tidy } from "./numbers";
import type { WidgetProps } from "./types";

export function SliderWidget(props: WidgetProps) {
  const { input, value, change, settle, label } = props;
  const { minimum = 0, maximum = 1 } = input.schema;
  const current = Number(numeric(value) ?? minimum);
  return (
    <div className="widget-slider">
      <input
        type="range"
        aria-label={label}
        min={minimum}
        max={maximum}
        step={stepOf(input.schema) > maximum - minimum ? "any" : stepOf(input.schema)}
        value={current}
        onChange={(event) => change(tidy(event.target.valueAsNumber, input.schema), true)}
        onPointerUp={settle}
        onBlur={settle}
      />
      <NumberWidget {...props} />
    </div>
  );
}
