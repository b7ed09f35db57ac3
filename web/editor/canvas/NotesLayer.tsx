// Notes, drawn by `NOTE_VIEW`; a double click, F2 or Enter edits one.
import { useEffect, useState, useSyncExternalStore } from "react";
import { draftAt } from "@/document/types";
import { useDocument, useScope, useT, useTab, useView } from "@/shell/hooks";
import { NOTE_VIEW } from "@/shell/parts";
import type { Engine } from "./engine";
import type { SceneNote } from "./scene";

export function NotesLayer({ engine }: { readonly engine: Engine }) {
  useDocument((state) => state.revision);
  useSyncExternalStore(engine.subscribeMoves, engine.moves);
  return (
    <>
      {[...engine.scene.notes.values()].map((note) => (
        <Note key={note.id} note={note} x={note.x} y={note.y} width={note.width} height={note.height} />
      ))}
    </>
  );
}

interface NoteProps {
  readonly note: SceneNote;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function Note({ note, x, y, width, height }: NoteProps) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const isSelected = useView((state) => state.selection.has(`note:${note.id}`));
  const isEditing = useView((state) => state.renaming === `note:${note.id}`);
  const setEditing = (isOn: boolean) => tab.view.setState({ renaming: isOn ? `note:${note.id}` : undefined });
  const { text, colour } = note.note;
  const [draft, setDraft] = useState(text);
  useEffect(() => setDraft(text), [text]);
  const end = () => {
    setEditing(false);
    if (draft === text) return;
    tab.document.edit(t("canvas.noteEdited"), (document) => {
      const found = draftAt(document, scope).layout.notes?.[note.id];
      if (found !== undefined) found.text = draft;
    });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the outline and the menu edit notes with the keyboard
    <div
      className="note"
      data-selected={isSelected || undefined}
      style={{
        transform: `translate(${x}px, ${y}px)`,
        width,
        height,
        ...(colour && { background: `color-mix(in srgb, ${colour} var(--note-tint), var(--node))` }),
      }}
      onDoubleClick={(event) => {
        event.stopPropagation();
        setEditing(true);
      }}
    >
      {isEditing ? (
        <textarea
          aria-label={t("canvas.note")}
          value={draft}
          // biome-ignore lint/a11y/noAutofocus: editing was asked for
          autoFocus
          onChange={(event) => setDraft(event.target.value)}
          onBlur={end}
          onKeyDown={(event) => event.key === "Escape" && end()}
        />
      ) : (
        <NOTE_VIEW.component text={text || t("layout.noteEmpty")} />
      )}
    </div>
  );
}
