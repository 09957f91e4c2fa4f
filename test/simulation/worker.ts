// One core's part of `make sim`: runs the batches that it is given.
import { runBatch } from "./run.ts";

declare const self: {
  onmessage: (event: { readonly data: { readonly first: number; readonly count: number } }) => void;
  postMessage: (message: unknown) => void;
};

self.onmessage = ({ data: { first, count } }) => self.postMessage(runBatch(first, count));
