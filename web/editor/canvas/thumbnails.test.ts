import { expect, test, vi } from "vitest";
import { Thumbnails } from "./thumbnails";

const file = (filename: string) => ({ filename, subfolder: "", type: "output" });
const picture = () => ({ close: vi.fn() }) as unknown as ImageBitmap;

test("the picture of a result is fetched once, small, and told when it is there", async () => {
  const made = picture();
  const load = vi.fn(async () => made);
  const onCome = vi.fn();
  const thumbnails = new Thumbnails(onCome, load);
  const files = [file("model.safetensors"), file("castle.png")];
  expect(thumbnails.get(files)).toBeUndefined();
  expect(thumbnails.get(files)).toBeUndefined();
  await vi.waitFor(() => expect(onCome).toHaveBeenCalledOnce());
  expect(thumbnails.get(files)).toBe(made);
  expect(load).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/filename=castle\.png.*size=256/));
});

test("files that are gone and files that are no pictures show nothing", async () => {
  const onCome = vi.fn();
  const thumbnails = new Thumbnails(onCome, () => Promise.reject(new Error("gone")));
  expect(thumbnails.get([file("weights.safetensors")])).toBeUndefined();
  expect(thumbnails.get([file("gone.png")])).toBeUndefined();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(thumbnails.get([file("gone.png")])).toBeUndefined();
  expect(onCome).not.toHaveBeenCalled();
});

test("only so many pictures are kept; the oldest are closed", async () => {
  const made: ImageBitmap[] = [];
  const load = async () => {
    const each = picture();
    made.push(each);
    return each;
  };
  const thumbnails = new Thumbnails(() => {}, load);
  for (let number = 0; number < 301; number++) thumbnails.get([file(`${number}.png`)]);
  await vi.waitFor(() => expect(made).toHaveLength(301));
  await vi.waitFor(() => expect(made[0]?.close).toHaveBeenCalled());
  expect(made[300]?.close).not.toHaveBeenCalled();
  thumbnails.close();
  expect(made[300]?.close).toHaveBeenCalled();
});
