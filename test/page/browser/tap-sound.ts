import { resamplePcm } from '#src/audio/resampler.ts';
import { measureUnderstoodShare } from '#src/probes/engine-probes.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import type { BrowserContext, Page } from '#tools/browsers.ts';

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
export async function readTapped(tab: Page): Promise<Int16Array> {
  const bytes = Buffer.from(await tab.evaluate<string>(read), 'base64');
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

/** Forgets the sound that a page was given so far. */
export async function forgetTapped(tab: Page): Promise<void> {
  await tab.evaluate('globalThis.tapped = [], undefined');
}

/** A recogniser that compares what a tab was given to play with what the bot wrote. Its model is loaded once, at the first use. */
export class TabListener implements AsyncDisposable {
  readonly #models = new LocalModels();
  #transcriber: ReturnType<typeof openLocalTranscriber> | undefined;

  /** Measures the part of `words` that is understood of what the tab was given to play, 0 to 1. The test's own limit ends it. */
  async measureUnderstood(tab: Page, sentence: string): Promise<number> {
    const samples = await readTapped(tab);
    const pcm = resamplePcm({ samples, rateHz: 48_000, channels: 1 }, 16_000);
    this.#transcriber ??= openLocalTranscriber({ models: this.#models });
    const transcriber = await this.#transcriber;
    let text = '';
    for await (const update of transcriber.transcribe(
      pcm,
      new AbortController().signal,
    )) {
      if (update.kind === 'final') text = update.transcript.text;
    }
    return measureUnderstoodShare(sentence, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#models[Symbol.asyncDispose]();
  }
}
