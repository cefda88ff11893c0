import { expect, test } from 'vitest';
import type { Microphone, SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { ClientSender } from '#sandbox/voice-client/client-sender.ts';
import { energyDb } from '#src/audio/loudness.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { isSilenceFrame } from '#src/audio/packet.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { SteppedClock } from '#test/sandbox/stepped-clock.ts';
import { chirp } from './voice-callers.ts';

const never = new AbortController().signal;

type SentPacket = { readonly atMs: number; readonly payload: Buffer; readonly timestamp: number };

/** A mouth on a clock that is stepped; time counts from 0. */
async function openSender(microphone?: Microphone) {
  const codec = await loadOpus();
  const clock = new SteppedClock();
  const startMs = clock.nowMs();
  const sent: SentPacket[] = [];
  const flags: boolean[] = [];
  const speaker = new ClientSender(codec, clock, {
    speaking: (on) => flags.push(on),
    packet: ({ payload, timestamp }) =>
      sent.push({ atMs: clock.nowMs() - startMs, payload, timestamp }),
  });
  if (microphone) speaker.use(microphone);
  const say = async (pcm: Pcm): Promise<SpokenTimes> => {
    const spoken = speaker.speak(pcm, never);
    await clock.step(1500);
    return await spoken;
  };
  const hear = (samples: Int16Array) =>
    speaker.hear({
      fromUserId: 'bot',
      atMs: clock.nowMs(),
      samples,
      audible: true,
      sealed: true,
    });
  const kinds = () => sent.map(({ payload }) => (isSilenceFrame(payload) ? '.' : '#')).join('');
  const levels = (): number[] => {
    const decoder = codec.decoder(48_000);
    const dbs = sent.map(({ payload }) => energyDb(decoder.decode(payload)));
    decoder.free();
    return dbs;
  };
  return { clock, sent, flags, speaker, say, hear, kinds, levels };
}

function tone(ms: number): Int16Array {
  return chirp(ms, 400, 48_000).samples;
}

/** 100 ms of voice, then 200 ms of what a gate does not let through. */
function trailing(): Pcm {
  const pcm = chirp(300, 300);
  pcm.samples.fill(0, 2400);
  return pcm;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

test('a gate closes right after the last frame with voice, whatever the recording goes on with', async () => {
  const { say, kinds, flags } = await openSender();
  const spoken = await say(trailing());
  expect(kinds()).toBe('#####.....');
  expect(spoken.lastVoicedAtMs - spoken.firstVoicedAtMs).toBe(80);
  expect(flags).toEqual([true, false]);
});

test('what never gets loud passes a gate whole', async () => {
  const { say, kinds } = await openSender();
  const pcm = chirp(100, 300);
  await say({ ...pcm, samples: pcm.samples.map((sample) => sample >> 8) });
  expect(kinds()).toBe('#####.....');
});

test('a real client sends 300 ms of the room after the last voice, and silence only then', async () => {
  const { say, kinds, levels } = await openSender({ profile: 'release' });
  const spoken = await say(trailing());
  expect(kinds()).toBe(`${'#'.repeat(5 + 15)}.....`);
  expect(spoken.lastVoicedAtMs - spoken.firstVoicedAtMs).toBe(80);
  const mix = mean(levels().slice(8, 20));
  expect(mix).toBeGreaterThan(-58);
  expect(mix).toBeLessThan(-52);
});

test('an open microphone sends the room all the time and never silence', async () => {
  const { clock, say, kinds, levels, sent } = await openSender({ profile: 'open' });
  await clock.step(1000);
  const spoken = await say(trailing());
  expect(kinds()).toBe('#'.repeat(126));
  expect(mean(levels().slice(5, 45))).toBeGreaterThan(-58);
  expect(mean(levels().slice(5, 45))).toBeLessThan(-52);
  expect(spoken.lastVoicedAtMs - spoken.firstVoicedAtMs).toBe(80);
  expect(sent.every(({ atMs }, n) => atMs === n * 20)).toBe(true);
  const speech = levels().findIndex((level) => level > -30);
  expect(Math.abs((sent[speech]?.atMs ?? 0) - (spoken.firstVoicedAtMs - 1000))).toBeLessThan(21);
});

test('from loudspeakers others come back 150 ms late and 20 dB quieter, then the room, then nothing', async () => {
  const { clock, hear, kinds, levels, sent } = await openSender({ profile: 'speakers' });
  for (let n = 0; n < 10; n++) {
    hear(tone(200).slice(n * 960, (n + 1) * 960));
    await clock.step(20);
  }
  await clock.step(1000);
  expect(kinds()).toBe(`${'#'.repeat(10 + 15)}.....`);
  expect(Math.abs((sent[0]?.atMs ?? 0) - 150)).toBeLessThanOrEqual(10);
  const loudness = energyDb(tone(200));
  expect(Math.abs(mean(levels().slice(2, 10)) - (loudness - 20))).toBeLessThan(2);
});

test('who speaks over an echo is heard with it, at once', async () => {
  const { clock, hear, speaker, sent } = await openSender({ profile: 'speakers' });
  hear(tone(20));
  await clock.step(50);
  const spoken = speaker.speak(chirp(100, 300), never);
  await clock.step(1000);
  expect((await spoken).firstPacketAtMs - 1000).toBeLessThanOrEqual(60);
  expect(sent[0]?.atMs).toBe((await spoken).firstPacketAtMs - 1000);
});

test('a faint echo of an echo dies away', async () => {
  const { clock, hear, sent } = await openSender({ profile: 'speakers' });
  hear(tone(20).map((sample) => sample / 100));
  await clock.step(500);
  expect(sent).toEqual([]);
});

test('the room sounds the same for the same seed only', async () => {
  const mixes = [];
  for (const seed of [1, 1, 2]) {
    const { clock, sent, speaker } = await openSender({ profile: 'open', seed });
    await clock.step(200);
    await speaker.close(new Error('left'));
    mixes.push(Buffer.concat(sent.map(({ payload }) => payload)).toString('hex'));
  }
  expect(mixes[0]).toBe(mixes[1]);
  expect(mixes[0]).not.toBe(mixes[2]);
});

test('another microphone is taken once the present speech is over', async () => {
  const { clock, speaker, kinds } = await openSender({ profile: 'open' });
  const spoken = speaker.speak(chirp(100, 300), never);
  speaker.use({ profile: 'gate' });
  await clock.step(1000);
  await spoken;
  expect(kinds()).toMatch(/^#{5,6}\.{5}$/);
});

test('an open microphone that is switched off falls silent properly, and timestamps go on', async () => {
  const { clock, speaker, kinds, sent, flags } = await openSender({ profile: 'open' });
  await clock.step(100);
  speaker.use({ profile: 'gate' });
  await clock.step(1000);
  expect(kinds()).toMatch(/^#{5,6}\.{5}$/);
  const quiet = sent.at(-1);
  const before = sent.length;
  const spoken = speaker.speak(chirp(100, 300), never);
  await clock.step(300);
  await spoken;
  const first = sent[before];
  if (!quiet || !first) throw new Error('Too few packets.');
  expect((first.timestamp - quiet.timestamp) >>> 0).toBe((first.atMs - quiet.atMs) * 48);
  expect(flags).toEqual([true, false, true, false]);
});

test('a microphone that is closed sends nothing more and tells whoever speaks why', async () => {
  const { clock, speaker, sent } = await openSender({ profile: 'open' });
  const spoken = speaker.speak(chirp(1000, 300), never);
  await clock.step(100);
  const reason = new Error('hung up');
  const closed = speaker.close(reason);
  await expect(spoken).rejects.toBe(reason);
  await closed;
  const before = sent.length;
  await clock.step(200);
  expect(sent).toHaveLength(before);
});
