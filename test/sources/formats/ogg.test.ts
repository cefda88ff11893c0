import { afterAll, expect, test } from 'vitest';
import { OggPages, writePages } from '#src/audio/ogg-page.ts';
import { openDecoding } from '#test/sources/sounds.ts';
import { played, toneFile } from '#test/sources/tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

test('packets are heard alike, each on a page of its own or on full pages that cut one in two', async () => {
  const packets = new OggPages().push(toneFile('tones-flac.ogg')).flatMap(({ pieces }) => pieces);
  const heads = packets.filter(([first]) => first !== 0xff);
  const frames = packets.filter(([first]) => first === 0xff);
  const most = [...frames, ...frames, ...frames];
  const begun = heads.map((head, n) => writePages([head], { serial: 7, isFirst: n === 0 }));
  const apart = most.map((frame) => writePages([frame], { serial: 7 }));
  const full = writePages(most, { serial: 7 });
  const cut = new OggPages().push(full).filter(({ goesOn, pieces }) => goesOn && pieces.length > 2);
  expect(cut).not.toEqual([]);
  const one = await played(decoding, Buffer.concat([...begun, ...apart]));
  const other = await played(decoding, Buffer.concat([...begun, full]));
  expect(one.left.length).toBeGreaterThan(90_000);
  expect(other.left).toEqual(one.left);
});
