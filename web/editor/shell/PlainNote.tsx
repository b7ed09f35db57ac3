// The text of a note as it was written.

export function PlainNote({ text }: { readonly text: string }) {
  return <>{text}</>;
}
