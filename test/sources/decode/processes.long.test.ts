import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { serveSounds } from '#test/sources/fetch/sound-server.ts';
import { opening, patient, soundFrom } from '#test/sources/opening.ts';
import { inPieces } from '#test/sources/sounds.ts';
import { toneFile, toneWav } from '#test/sources/tones.ts';

const moody = new URL('./faulty-decoder.ts', import.meta.url);
const obeying = new URL('./obedient-decoder.ts', import.meta.url);
const notAudio = { code: 'source.not_audio' };

/** An Ogg file that the decoder takes 6 s of for each piece, for as long as it is fed. */
const song = Buffer.concat([toneFile('tones-flac.ogg').subarray(0, 200), Buffer.from('long')]);
const bombOf = (word: string) =>
  Buffer.concat([toneWav().subarray(0, 44), Buffer.from(word.repeat(40))]);
const bomb = bombOf('hang');

function sounding(bytes: Buffer, guildId: string) {
  return { kind: 'bytes', bytes, requester: { guildId } } as const;
}

/** Number of decoders that this process has begun and not yet buried; bots of other tests may be its children, too. */
function children(): number {
  const { pid } = process;
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').slice(0, -1);
  return ids.filter((id) => /decod/.test(readFileSync(`/proc/${id}/cmdline`, 'utf8'))).length;
}

async function* endless(head: Buffer): AsyncGenerator<Uint8Array> {
  yield head;
  for (;;) yield Buffer.alloc(8_192);
}

test.each([
  ['lets its decoder hang', 'hang'],
  ['is fatal to its process', 'abort'],
])('a file that %s is not felt by any other server, and the next sound plays', async (_, word) => {
  await using decoding = new Decoding({ clock: realClock, entry: moody, stepMs: 1_000 });
  const open = opening(decoding);
  const other = await open(sounding(toneFile('tones-flac.ogg'), 'B'));
  const reading = other.open(0, patient)[Symbol.asyncIterator]();
  await reading.next();
  const fatal = await open(sounding(bombOf(word), 'A'));
  await expect(soundFrom(fatal)).rejects.toMatchObject(notAudio);
  await expect.poll(children).toBe(1); // A's own was begun and ended
  expect((await reading.next()).done).toBe(false);
  const next = await open(sounding(toneFile('tones-flac.ogg'), 'A'));
  expect((await soundFrom(next)).left).not.toHaveLength(0);
  await reading.return?.();
});

test('a live stream whose decoder another file took down goes on', async () => {
  await using decoding = new Decoding({ clock: realClock, entry: moody, stepMs: 1_000 });
  const open = opening(decoding);
  await using server = await serveSounds(async (_, response) => {
    response.writeHead(200, { 'content-type': 'audio/ogg' });
    for await (const piece of endless(song)) {
      if (response.destroyed) return;
      if (!response.write(piece)) await once(response, 'drain').catch(() => undefined);
    }
  });
  const url = `http://127.0.0.1:${server.port}/radio`;
  const radio = await open({ kind: 'link', url, requester: { guildId: 'A' } });
  const reading = radio.open(0, patient)[Symbol.asyncIterator]();
  for (let bombs = 0; bombs < 3; bombs++) {
    expect((await reading.next()).done).toBe(false);
    await expect(soundFrom(await open(sounding(bomb, 'A')))).rejects.toMatchObject(notAudio);
  }
  expect((await reading.next()).done).toBe(false);
  await reading.return?.();
});

test('whose files ended two processes of late is refused for a minute, and nobody else', async () => {
  const clock = new VirtualClock();
  await using decoding = new Decoding({ clock, entry: obeying });
  const fate = async (personId: string, word: string) => {
    const lane = decoding.lane('A', personId);
    const sound = lane.decode(inPieces(Buffer.from(word), 4), 16_000, patient);
    const [samples] = await Array.fromAsync(sound).catch(({ code }: { code: string }) => [code]);
    return typeof samples === 'string' ? samples : 'played';
  };
  expect(await fate('eva', 'oops')).toBe('source.not_audio');
  await clock.advance(60_000);
  expect(await fate('eva', 'fine')).toBe('played');
  expect(await fate('eva', 'oops')).toBe('source.not_audio');
  expect(await fate('eva', 'fine')).toBe('source.blocked');
  expect(await fate('adam', 'fine')).toBe('played');
  await clock.advance(59_000);
  expect(await fate('eva', 'fine')).toBe('source.blocked');
  await clock.advance(2_000);
  expect(await fate('eva', 'fine')).toBe('played');
});

test('the bot has eight decoding processes at most, whatever plays where', async () => {
  await using decoding = new Decoding({ clock: realClock, entry: moody, stepMs: 20_000 });
  const readings = Array.from({ length: 12 }, (_, n) => {
    const plan = { want: { kind: 'track', isExact: true } } as const;
    return decoding.lane(`${n}`).play(endless(song), plan, patient);
  });
  for (const reading of readings) expect((await reading.next()).done).toBe(false);
  expect(children()).toBe(8);
  for (const reading of readings) expect((await reading.next()).done).toBe(false);
  for (const reading of readings) await reading.return(undefined);
});
