// The bar at the top: what TOP_BAR lists, at its three places.
import { useT } from "./hooks";
import { TOP_BAR } from "./parts";
import type { TopBarPlace } from "./slots";

export function TopBar() {
  const t = useT();
  return (
    <header className="top-bar">
      <img src="/static/icon.png" alt={t("app.name")} width={26} height={26} className="top-bar-mark" />
      <Place place="start" />
      <Place place="middle" />
      <Place place="end" />
    </header>
  );
}

function Place({ place }: { readonly place: TopBarPlace }) {
  const items = TOP_BAR.filter((each) => each.place === place).sort((a, b) => a.order - b.order);
  return (
    <div className={`top-bar-place top-bar-${place}`}>
      {items.map(({ id, component: Item }) => (
        <Item key={id} />
      ))}
    </div>
  );
}
