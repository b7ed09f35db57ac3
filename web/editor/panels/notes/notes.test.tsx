import { render, screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { MarkdownNote } from "./MarkdownNote";
import { readInline, readMarkdown } from "./markdown";

describe("notes in Markdown (checklist 39)", () => {
  test("headings, lists, quotes, code and paragraphs are told apart", () => {
    const kinds = readMarkdown(
      "# Title\nText\nmore\n\n- a\n- [x] b\n1. c\n> quote\n```\n# code\n```\n---",
    ).map((block) => block.kind);
    expect(kinds).toEqual(["heading", "paragraph", "list", "list", "quote", "code", "rule"]);
  });

  test("emphasis, code and links nest", () => {
    expect(readInline("a **b *c*** `d*` [e](https://x.org/f)")).toMatchObject([
      { kind: "text", text: "a " },
      { kind: "strong" },
      { kind: "text" },
      { kind: "code", text: "d*" },
      { kind: "text" },
      { kind: "link", href: "https://x.org/f" },
    ]);
    expect(readInline("snake_case_name")).toEqual([{ kind: "text", text: "snake_case_name" }]);
  });

  test("links open aside and lead nowhere that runs a script", () => {
    render(
      <MarkdownNote
        text={"[good](https://example.org) [bad](javascript:alert(1)) [data](data:text/html,x)"}
      />,
    );
    const links = screen.getAllByRole("link");
    expect(links.map((each) => each.getAttribute("href"))).toEqual(["https://example.org"]);
    expect(links[0]?.getAttribute("rel")).toBe("noopener noreferrer");
  });

  test("HTML in a note stays text", () => {
    const { container } = render(
      <MarkdownNote text={'<img src=x onerror="alert(1)"> <script>alert(1)</script> **<b>x</b>**'} />,
    );
    expect(container.querySelector("img, script, b")).toBeNull();
    expect(container.textContent).toContain("<script>alert(1)</script>");
  });

  test("a text that never ends is read in time", () => {
    expect(
      readMarkdown(`${"*".repeat(4000)}\n${"[".repeat(4000)}\n${"> ".repeat(200)}x`).length,
    ).toBeGreaterThan(0);
  });
});
