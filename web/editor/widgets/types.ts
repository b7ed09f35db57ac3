// What every widget is given. A widget knows neither the document nor the canvas.
import type { InputType } from "@/catalogue/types";
import type { Json } from "@/document/json";

export interface WidgetProps {
  readonly input: InputType;
  /** What the document holds, else the default; undefined if there is neither. */
  readonly value: Json | undefined;
  /** Set the value. While `isGoingOn` (typing, scrubbing) changes are undone together. */
  readonly change: (value: Json, isGoingOn?: boolean) => void;
  /** A gesture ends: what follows is another step of undo. */
  readonly settle: () => void;
  readonly label: string;
  /** What is wrong with the value, if the server said so. */
  readonly problem: string | undefined;
  /** Where the value is: for widgets that act on their node. */
  readonly node: string;
}
