import { readFileSync } from 'node:fs';
import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { neverAborted, openWith, readSound } from '#test/sources/open-source.ts';
import { makeToneWav, readToneFile } from '#test/sources/tones.ts';

const moody = new URL('./faulty-decoder.ts', import.meta.url);
const notAudio = { code: 'source.not_audio' };

/** An Ogg file that the decoder takes 6 s of for each piece, for as long as it is fed. */
const song = Buffer.concat([
  readToneFile('tones-flac.ogg').subarray(0, 200),
  Buffer.from('long'),
]);
const bombOf = (word: string) =>
  Buffer.concat([makeToneWav().subarray(0, 44), Buffer.from(word.repeat(40))]);

function toSoundBytes(bytes: Buffer) {
  return { kind: 'bytes', bytes } as const;
}

/** Decoders that this process has begun and not yet buried; bots of other tests may be its children, too. */
function listChildren() {
  const { pid } = process;
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .slice(0, -1);
  return ids.filter((id) => /decod/.test(readFileSync(`/proc/${id}/cmdline`, 'utf8')));
}

const countChildren = () => listChildren().length;

test('a decoder that is killed in mid-work says that nothing is wrong with its file, which is read whole at the next try', async () => {
  await using decoding = new Decoding({ clock: realClock });
  const file = readToneFile('tones-flac.ogg');
  const half = Math.floor(file.length / 2);
  const shape = { rateHz: 48_000, channels: 2 } as const;
  async function* killHalfway() {
    yield file.subarray(0, half);
    for (const child of listChildren()) process.kill(Number(child), 'SIGKILL');
    yield file.subarray(half);
  }
  const reading = Array.fromAsync(
    decoding.decodeSound(killHalfway(), shape, neverAborted),
  );
  await expect(reading).rejects.toMatchObject({
    code: 'source.unreachable',
    retryable: true,
  });
  const next = await Array.fromAsync(decoding.decodeSound([file], shape, neverAborted));
  expect(next.reduce((sum, { samples }) => sum + samples.length, 0)).toBeGreaterThan(
    48_000,
  );
});

async function* makeEndless(head: Buffer) {
  yield head;
  for (;;) yield Buffer.alloc(8_192);
}

test.each([
  ['lets its decoder hang', 'hang'],
  ['is fatal to its process', 'abort'],
])(
  'beside a file that %s a sound can be read on in another process',
  async (_, word) => {
    await using decoding = new Decoding({
      clock: realClock,
      entry: moody,
      stepMs: 1_000,
    });
    const open = openWith(decoding);
    const otherSoundSource = await open(toSoundBytes(readToneFile('tones-flac.ogg')));
    const reading = otherSoundSource.open(0, neverAborted)[Symbol.asyncIterator]();
    await reading.next();
    const fatal = await open(toSoundBytes(bombOf(word)));
    await expect(readSound(fatal)).rejects.toMatchObject(notAudio);
    await expect.poll(countChildren).toBe(0);
    const broken = { code: 'source.unreachable', retryable: true };
    await expect(reading.next()).rejects.toMatchObject(broken);
    expect((await readSound(otherSoundSource, 100)).left).not.toHaveLength(0);
  },
);

test('four files share a process, and the bot has eight of them at most', async () => {
  await using decoding = new Decoding({
    clock: realClock,
    entry: moody,
    stepMs: 20_000,
  });
  const readings = Array.from({ length: 36 }, () =>
    decoding.decodeSound(
      makeEndless(song),
      { rateHz: 48_000, channels: 2 },
      neverAborted,
    ),
  );
  const beginReadings = async (from: number, to: number) => {
    for (const reading of readings.slice(from, to))
      expect((await reading.next()).done).toBe(false);
    return countChildren();
  };
  expect([
    await beginReadings(0, 4),
    await beginReadings(4, 5),
    await beginReadings(5, 36),
  ]).toEqual([1, 2, 8]);
  for (const reading of readings) await reading.return(undefined);
}, 180_000);
