import { writeFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';

/** Further colours become the nearest of the palette. */
const mostColours = 256;
const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Runs in a page of its own, without a CSP. Returns the pixels of a PNG, 4 bytes each. */
const readPixels = `async (png) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const drawing = canvas.getContext('2d');
  drawing.drawImage(image, 0, 0);
  const { data } = drawing.getImageData(0, 0, image.width, image.height);
  let text = '';
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
  return [image.width, btoa(text)];
}`;

const marginPx = 12;

/** Saves a tab, or a part of it, as a PNG with a palette, a third as large as a browser's. */
export async function savePicture(tab: Page, path: string, part?: Locator) {
  await tab.evaluate('scrollTo(0, 0)');
  const box = await part?.boundingBox();
  const clip = box && { ...box, x: box.x - marginPx, width: box.width + 2 * marginPx };
  const png = await tab.screenshot({ ...(clip && { clip }) });
  const blank = await tab.context().newPage();
  const [width, pixels] = await blank.evaluate<[number, string]>(
    `(${readPixels})('${png.toString('base64')}')`,
  );
  await blank.close();
  await writeFile(path, pngOf(width, Buffer.from(pixels, 'base64')));
}

/** Source: PNG specification, third edition, sections 4 and 11. */
function pngOf(width: number, pixels: Buffer) {
  const colours = Array.from({ length: pixels.length / 4 }, (_, n) =>
    pixels.readUIntBE(n * 4, 3),
  );
  const palette = usualColours(colours);
  const places = new Map(palette.map((colour, n) => [colour, n]));
  const rows = Buffer.alloc(colours.length + colours.length / width);
  for (const [n, colour] of colours.entries()) {
    const place = places.get(colour) ?? nearest(palette, colour);
    places.set(colour, place);
    rows[n + Math.floor(n / width) + 1] = place;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(colours.length / width, 4);
  head.set([8, 3], 8); // 8 bit, by a palette
  const entries = Buffer.from(palette.flatMap((colour) => partsOf(colour)));
  const parts = [
    chunk('IHDR', head),
    chunk('PLTE', entries),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

function usualColours(colours: readonly number[]) {
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts].toSorted(([, a], [, b]) => b - a);
  return byCount.slice(0, mostColours).map(([colour]) => colour);
}

function nearest(palette: readonly number[], colour: number) {
  const wanted = partsOf(colour);
  const distances = palette.map((each) =>
    partsOf(each).reduce((sum, part, n) => sum + (part - (wanted[n] ?? 0)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function partsOf(colour: number) {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function chunk(type: string, data: Buffer) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
