// Inside of a subgraph, while a link is dragged: the edge of the canvas is the border of the subgraph.
import { useT, useView } from "@/shell/hooks";

export function BorderLayer() {
  const t = useT();
  const linking = useView((view) => (view.trail.length > 0 ? view.linking : undefined));
  if (linking === undefined) return null;
  return (
    <div className="canvas-border" data-side={linking.side} data-active={linking.isAtBorder || undefined}>
      <span>{t(linking.side === "output" ? "subgraph.dropOutput" : "subgraph.dropInput")}</span>
    </div>
  );
}
