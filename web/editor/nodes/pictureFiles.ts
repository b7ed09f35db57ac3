// Which pictures a node shows: what it made, else the file that it reads.
import { inputFile } from "@/api/client";
import type { WorkflowNode } from "@/document/types";
import type { OutputFile } from "@/run/store";

const PICTURE = /\.(png|jpe?g|webp|gif|avif|bmp)$/i;
const NOTHING: readonly OutputFile[] = [];

/** Whether a file is a picture that browsers show. */
export function isPicture({ filename }: OutputFile): boolean {
  return PICTURE.test(filename);
}

/** The files that a node shows, given those that it made. */
export function shownFiles(
  made: readonly OutputFile[] | undefined,
  node: WorkflowNode,
): readonly OutputFile[] {
  if (made !== undefined && made.length > 0) return made;
  const { image } = node.inputs;
  return typeof image === "string" && image !== "" ? [inputFile(image)] : NOTHING;
}
