import type { BrowserContext, Page } from 'playwright-core';

/**
 * Before a script of the page runs: whatever is connected to the loudspeaker, and every microphone, is tapped, too. By a
 * ScriptProcessorNode, as it needs no file of the page's own address.
 */
const patch = `
const taps = new Map();
const { connect } = AudioNode.prototype;
globalThis.tapped = [];
const open = (context) => {
  const [two, tap] = [context.createChannelMerger(2), context.createScriptProcessor(4096, 2, 1)];
  tap.onaudioprocess = ({ inputBuffer }) =>
    globalThis.tapped.push([0, 1].map((channel) => inputBuffer.getChannelData(channel).slice()));
  connect.call(two, tap);
  connect.call(tap, context.destination);
  return two;
};
AudioNode.prototype.connect = function (to, ...rest) {
  const isMicrophone = this instanceof MediaStreamAudioSourceNode;
  if (isMicrophone || to === this.context.destination) {
    if (!taps.has(this.context)) taps.set(this.context, open(this.context));
    connect.call(this, taps.get(this.context), 0, isMicrophone ? 0 : 1);
  }
  return connect.call(this, to, ...rest);
};
`;

const read = `(() => {
  const bytes = [0, 1].map((n) => new Int16Array(globalThis.tapped.flatMap((two) =>
    Array.from(two[n], (sample) => Math.max(-1, Math.min(1, sample)) * 32767))));
  return bytes.map((samples) => {
    const all = new Uint8Array(samples.buffer);
    let text = '';
    for (let at = 0; at < all.length; at += 8192) text += String.fromCharCode(...all.subarray(at, at + 8192));
    return btoa(text);
  });
})()`;

/** Microphone sound and sound played meanwhile, 48 kHz mono, on one grid: sample n of both is one instant. */
export type TappedSound = { readonly captured: Int16Array; readonly played: Int16Array };

/** Taps the sound of all pages of a context that are opened from now on; devices are left out. */
export async function tapSound(context: BrowserContext): Promise<void> {
  await context.addInitScript(patch);
}

/** Everything since the page was opened, or since `forgetTapped`. */
export async function tappedOf(tab: Page): Promise<TappedSound> {
  const [captured = '', played = ''] = (await tab.evaluate(read)) as readonly string[];
  return { captured: samplesOf(captured), played: samplesOf(played) };
}

export async function forgetTapped(tab: Page): Promise<void> {
  await tab.evaluate('globalThis.tapped = [], undefined');
}

function samplesOf(base64: string): Int16Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Int16Array(Uint8Array.from(bytes).buffer);
}
