// The worker that lays out graphs.
import { type ArrangeWish, arrangeWish } from "./arrangeAside";

self.onmessage = (event: MessageEvent<ArrangeWish>) => {
  void arrangeWish(event.data).then((places) => self.postMessage([...places]));
};
