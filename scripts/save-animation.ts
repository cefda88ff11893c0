import { writeFile } from 'node:fs/promises';
import type { Page } from '#tools/browsers.ts';

/** Options of `saveAnimation`. */
export type AnimationOptions = {
  /** Pixels. The window is shrunk to this size. */
  readonly width: number;
  readonly height: number;
  /** Shortest time between two frames. */
  readonly gapMs: number;
  /** 0 to 1. */
  readonly quality: number;
};

/** The part of a picture that differs from the picture before, in pixels. `webp` is base64. */
type Change = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly webp: string;
};
/** A frame of an animation, which stays for `ms`. */
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
): Promise<void> {
  const { shots, endMs } = await takeShots(tab, gapMs, play);
  const blankTab = await tab.context().newPage();
  const frames: Frame[] = [];
  for (const [n, { atMs, png }] of shots.entries()) {
    const ms = Math.round((shots[n + 1]?.atMs ?? endMs) - atMs);
    const options = JSON.stringify({
      png: png.toString('base64'),
      width,
      height,
      quality,
    });
    const change = await blankTab.evaluate<Change | undefined>(
      `(${encodeChange})(${options})`,
    );
    const lastFrame = frames.at(-1);
    if (change)
      frames.push({ ...change, webp: Buffer.from(change.webp, 'base64'), ms });
    else if (lastFrame) lastFrame.ms += ms;
  }
  await blankTab.close();
  await writeFile(path, encodeWebp(width, height, frames));
}

/** A picture of a tab, as PNG. */
type Shot = { readonly png: Buffer; readonly atMs: number };

/** Takes pictures of a tab while `play` runs. */
async function takeShots(
  tab: Page,
  gapMs: number,
  play: () => Promise<void>,
): Promise<{ readonly shots: readonly Shot[]; readonly endMs: number }> {
  const shots: Shot[] = [];
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
  return { shots, endMs: performance.now() };
}

/** Encodes an animation that repeats for ever. Source: https://developers.google.com/speed/webp/docs/riff_container */
function encodeWebp(width: number, height: number, frames: readonly Frame[]): Buffer {
  const canvasFields = Buffer.alloc(10);
  canvasFields[0] = 2; // animated
  canvasFields.writeUIntLE(width - 1, 4, 3);
  canvasFields.writeUIntLE(height - 1, 7, 3);
  const loopFields = Buffer.alloc(6); // a transparent background, for ever
  const chunks = [
    Buffer.from('WEBP'),
    encodeChunk('VP8X', canvasFields),
    encodeChunk('ANIM', loopFields),
    ...frames.map((frame) => encodeChunk('ANMF', encodeFrame(frame))),
  ];
  return encodeChunk('RIFF', Buffer.concat(chunks));
}

/** Encodes the content of a frame's chunk. */
function encodeFrame({ height, ms, webp, width, x, y }: Frame): Buffer {
  const frameFields = Buffer.alloc(16);
  frameFields.writeUIntLE(x / 2, 0, 3);
  frameFields.writeUIntLE(y / 2, 3, 3);
  frameFields.writeUIntLE(width - 1, 6, 3);
  frameFields.writeUIntLE(height - 1, 9, 3);
  frameFields.writeUIntLE(ms, 12, 3);
  frameFields[15] = 2; // it takes the place of what was there
  const picture = findBitstream(webp);
  return Buffer.concat([frameFields, picture, Buffer.alloc(picture.length % 2)]);
}

/** Finds the picture in a file of WebP. Leaves out the colour profile, which is the usual one. */
function findBitstream(webp: Buffer): Buffer {
  for (let start = 12; start < webp.length; ) {
    const end = start + 8 + webp.readUInt32LE(start + 4);
    if (webp.toString('latin1', start, start + 4) === 'VP8 ')
      return webp.subarray(start, end);
    start = end + (end % 2);
  }
  throw new Error('a frame holds no lossy picture');
}

/** Encodes a chunk of RIFF, padded to an even length. */
function encodeChunk(type: string, data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, 'latin1');
  header.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2)]);
}
