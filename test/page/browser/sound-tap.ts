import type { BrowserContext, Page } from 'playwright-core';

/**
 * Before a script of the page runs: the port to the worklet that plays passes through here. A tap of the loudspeaker itself loses
 * sound while the browser's threads wait for a processor; here each frame arrives, however late.
 */
const patch = `
const { postMessage } = Worker.prototype;
globalThis.tapped = [];
Worker.prototype.postMessage = function (order, transfer) {
  if (order.kind !== 'open') return postMessage.call(this, order, transfer);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    globalThis.tapped.push(data.slice());
    order.playback.postMessage(data, [data.buffer]);
  };
  postMessage.call(this, { ...order, playback: port2 }, [order.capture, port2]);
};
`;

const read = `(() => {
  const all = new Uint8Array(Int16Array.from(globalThis.tapped.flatMap((frame) =>
    Array.from(frame, (sample) => sample * 32767))).buffer);
  let text = '';
  for (let at = 0; at < all.length; at += 8192) text += String.fromCharCode(...all.subarray(at, at + 8192));
  return btoa(text);
})()`;

/** Taps the sound of all pages of a context that are opened from now on. */
export async function tapSound(context: BrowserContext): Promise<void> {
  await context.addInitScript(patch);
}

/** Sound that a page was given to play, 48 kHz mono: all since the page was opened, or since `forgetTapped`. */
export async function tappedOf(tab: Page): Promise<Int16Array> {
  const bytes = Buffer.from(await tab.evaluate<string>(read), 'base64');
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

export async function forgetTapped(tab: Page): Promise<void> {
  await tab.evaluate('globalThis.tapped = [], undefined');
}
