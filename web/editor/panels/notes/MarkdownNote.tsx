// A note as formatted text. Everything is made of React elements: HTML in a note stays text.
import { type ReactNode, useMemo } from "react";
import { type Block, type Inline, readMarkdown } from "./markdown";
import "./notes.css";

export function MarkdownNote({ text }: { readonly text: string }) {
  const blocks = useMemo(() => readMarkdown(text), [text]);
  return <div className="markdown">{showBlocks(blocks)}</div>;
}

function showBlocks(blocks: readonly Block[]): ReactNode[] {
  // biome-ignore-start lint/suspicious/noArrayIndexKey: the text is shown anew whenever it changes
  return blocks.map((block, at) => {
    switch (block.kind) {
      case "heading": {
        const Heading = `h${Math.min(6, block.level + 2)}` as "h3";
        return (
          <Heading key={at} data-level={block.level}>
            {showInline(block.content)}
          </Heading>
        );
      }
      case "list": {
        const List = block.isOrdered ? "ol" : "ul";
        return (
          <List key={at}>
            {block.items.map((item, place) => (
              <li key={place} data-done={item.done}>
                {showInline(item.content)}
              </li>
            ))}
          </List>
        );
      }
      case "quote":
        return <blockquote key={at}>{showBlocks(block.content)}</blockquote>;
      case "code":
        return <pre key={at}>{block.text}</pre>;
      case "rule":
        return <hr key={at} />;
      default:
        return (
          <p key={at}>
            {block.lines.map((line, place) => (
              <span key={place}>
                {place > 0 && <br />}
                {showInline(line)}
              </span>
            ))}
          </p>
        );
    }
  });
}

function showInline(parts: readonly Inline[]): ReactNode[] {
  return parts.map((part, at) => {
    switch (part.kind) {
      case "text":
        return part.text;
      case "code":
        return <code key={at}>{part.text}</code>;
      case "strong":
        return <strong key={at}>{showInline(part.content)}</strong>;
      case "emphasis":
        return <em key={at}>{showInline(part.content)}</em>;
      case "struck":
        return <s key={at}>{showInline(part.content)}</s>;
      default:
        return (
          <a key={at} href={part.href} target="_blank" rel="noopener noreferrer">
            {showInline(part.content)}
          </a>
        );
    }
  });
  // biome-ignore-end lint/suspicious/noArrayIndexKey: the text is shown anew whenever it changes
}
