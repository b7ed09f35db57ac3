// What can be done with a picture that an input names: paint a mask over it, cut it to size.
import { Crop, PaintbrushVertical } from "lucide-react";
import { type ComponentType, lazy, Suspense } from "react";
import type { OverlayProps } from "@/shell/overlays";
import type { ImageAction } from "@/shell/slots";

export interface EditorProps extends OverlayProps {
  /** The picture as the input names it. */
  readonly name: string;
  readonly change: (value: string) => void;
}

const MaskEditor = later(lazy(() => import("./MaskEditor")));
const CropEditor = later(lazy(() => import("./CropEditor")));

function later(Editor: ComponentType<EditorProps>): ComponentType<EditorProps> {
  return (props) => (
    <Suspense fallback={null}>
      <Editor {...props} />
    </Suspense>
  );
}

export const maskAction: ImageAction = {
  id: "mask",
  label: "mask.paint",
  icon: PaintbrushVertical,
  run: (app, { value, change }) => void app.overlays.open(MaskEditor, { name: value, change }),
};

export const cropAction: ImageAction = {
  id: "crop",
  label: "mask.crop",
  icon: Crop,
  run: (app, { value, change }) => void app.overlays.open(CropEditor, { name: value, change }),
};
