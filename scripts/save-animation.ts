import { writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

export type AnimationOptions = {
  /** Pixels. The window is shrunk to this size. */
  readonly width: number;
  readonly height: number;
  /** Shortest time between two frames. */
  readonly gapMs: number;
  /** 0 to 1. */
  readonly quality: number;
};

type Change = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly webp: string;
};
type Frame = Omit<Change, 'webp'> & { readonly webp: Buffer; ms: number };

/** Runs in a page of its own. Returns the changed part as WebP, or undefined. */
const encodeChange = `async ({ png, width, height, quality }) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  drawing.imageSmoothingQuality = 'high';
  drawing.drawImage(image, 0, 0, width, height);
  const { data } = drawing.getImageData(0, 0, width, height);
  const before = globalThis.before;
  globalThis.before = data;
  let [left, top, right, bottom] = before ? [width, height, 0, 0] : [0, 0, width, height];
  for (let at = 0; before && at < data.length; at += 4) {
    const change = Math.abs(data[at] - before[at]) + Math.abs(data[at + 1] - before[at + 1]) + Math.abs(data[at + 2] - before[at + 2]);
    if (change < 12) continue;
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  if (right === 0) return undefined;
  // WebP places parts at even pixels.
  [left, top] = [left & ~1, top & ~1];
  const part = new OffscreenCanvas(right - left, bottom - top);
  part.getContext('2d').drawImage(canvas, -left, -top);
  const bytes = new Uint8Array(await (await part.convertToBlob({ type: 'image/webp', quality })).arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { x: left, y: top, width: part.width, height: part.height, webp: btoa(text) };
}`;

/**
 * Records a tab while `play` runs, as an animated WebP of changes.
 *
 * @example
 * await saveAnimation(tab, 'room.webp', { width: 960, height: 600, gapMs: 120, quality: 0.7 }, async () => {
 *   await tab.getByRole('button', { name: 'Interrupt the bot' }).click();
 * });
 */
export async function saveAnimation(
  tab: Page,
  path: string,
  { width, height, gapMs, quality }: AnimationOptions,
  play: () => Promise<void>,
) {
  const shots: { readonly png: Buffer; readonly atMs: number }[] = [];
  let isOver = false;
  const playing = play().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const atMs = performance.now();
    shots.push({ png: await tab.screenshot(), atMs });
    const restMs = gapMs - (performance.now() - atMs);
    if (restMs > 0) await tab.waitForTimeout(restMs);
  }
  await playing;
  const endMs = performance.now();
  const blank = await tab.context().newPage();
  const frames: Frame[] = [];
  for (const [n, { atMs, png }] of shots.entries()) {
    const ms = Math.round((shots[n + 1]?.atMs ?? endMs) - atMs);
    const asked = JSON.stringify({
      png: png.toString('base64'),
      width,
      height,
      quality,
    });
    const change = await blank.evaluate<Change | undefined>(
      `(${encodeChange})(${asked})`,
    );
    const last = frames.at(-1);
    if (change)
      frames.push({ ...change, webp: Buffer.from(change.webp, 'base64'), ms });
    else if (last) last.ms += ms;
  }
  await blank.close();
  await writeFile(path, webpOf(width, height, frames));
}

/** Source: https://developers.google.com/speed/webp/docs/riff_container */
function webpOf(width: number, height: number, frames: readonly Frame[]) {
  const head = Buffer.alloc(10);
  head[0] = 2; // animated
  head.writeUIntLE(width - 1, 4, 3);
  head.writeUIntLE(height - 1, 7, 3);
  const rounds = Buffer.alloc(6); // a transparent background, for ever
  const body = [
    Buffer.from('WEBP'),
    chunk('VP8X', head),
    chunk('ANIM', rounds),
    ...frames.map((frame) => chunk('ANMF', frameData(frame))),
  ];
  return chunk('RIFF', Buffer.concat(body));
}

function frameData({ height, ms, webp, width, x, y }: Frame) {
  const head = Buffer.alloc(16);
  head.writeUIntLE(x / 2, 0, 3);
  head.writeUIntLE(y / 2, 3, 3);
  head.writeUIntLE(width - 1, 6, 3);
  head.writeUIntLE(height - 1, 9, 3);
  head.writeUIntLE(ms, 12, 3);
  head[15] = 2; // it takes the place of what was there
  const picture = bitstreamIn(webp);
  return Buffer.concat([head, picture, Buffer.alloc(picture.length % 2)]);
}

/** Leaves out the colour profile, which is the usual one. */
function bitstreamIn(webp: Buffer) {
  for (let at = 12; at < webp.length; ) {
    const end = at + 8 + webp.readUInt32LE(at + 4);
    if (webp.toString('latin1', at, at + 4) === 'VP8 ') return webp.subarray(at, end);
    at = end + (end % 2);
  }
  throw new Error('a frame holds no lossy picture');
}

function chunk(type: string, data: Buffer) {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}
