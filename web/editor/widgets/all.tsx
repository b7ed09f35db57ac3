// The widget of each kind.
import type { ComponentType } from "react";
import type { WidgetKind } from "@/catalogue/types";
import { ColourWidget } from "./ColourWidget";
import { ImageWidget } from "./ImageWidget";
import { JsonWidget } from "./JsonWidget";
import { LineWidget } from "./LineWidget";
import { NumberWidget } from "./NumberWidget";
import { SegmentedWidget } from "./SegmentedWidget";
import { SelectWidget } from "./SelectWidget";
import { SliderWidget } from "./SliderWidget";
import { SwitchWidget } from "./SwitchWidget";
import { TextWidget } from "./TextWidget";
import type { WidgetProps } from "./types";

/** All kinds but `none` and `seed`, which needs to know what happens after runs. */
export const WIDGETS: Readonly<Record<Exclude<WidgetKind, "none" | "seed">, ComponentType<WidgetProps>>> = {
  switch: SwitchWidget,
  segmented: SegmentedWidget,
  select: SelectWidget,
  file: SelectWidget,
  image: ImageWidget,
  integer: NumberWidget,
  number: NumberWidget,
  slider: SliderWidget,
  line: LineWidget,
  text: TextWidget,
  colour: ColourWidget,
  json: JsonWidget,
};
