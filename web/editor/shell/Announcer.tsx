// Says things to screen readers, politely.
import { useEffect, useState } from "react";
import { useApp } from "./hooks";

export function Announcer() {
  const app = useApp();
  const [text, setText] = useState("");
  useEffect(() => app.announcements.follow(setText), [app]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
