import { expect, test } from 'vitest';
import type { VoicePacket } from '#sandbox/voice/rtp.ts';
import { ClientSender } from '#sandbox/voice-client/client-sender.ts';
import { encodeSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Clock } from '#src/base/clock.ts';
import { SteppedClock } from '#test/sandbox/stepped-clock.ts';
import { chirp } from './voice-callers.ts';

/** Time passes only while somebody sleeps; `stallMs` is added to the next sleep. */
class SleptClock implements Clock {
  #nowMs = 1000;
  stallMs = 0;
  nowMs = (): number => this.#nowMs;
  wallMs = (): number => 0;
  later = () => () => undefined;
  sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    this.#nowMs += ms + this.stallMs;
    this.stallMs = 0;
  };
}

const never = new AbortController().signal;

async function openSender() {
  const clock = new SleptClock();
  const sent: (Omit<VoicePacket, 'ssrc'> & { atMs: number })[] = [];
  const flags: boolean[] = [];
  const speaker = new ClientSender(await loadOpus(), clock, {
    speaking: (on) => flags.push(on),
    packet: (packet) => sent.push({ ...packet, atMs: clock.nowMs() }),
  });
  return { clock, sent, flags, speaker };
}

const silent = ({ payload }: { payload: Buffer }) => payload.equals(Buffer.of(0xf8, 0xff, 0xfe));

test('a packet leaves every 20 ms, and five of silence follow', async () => {
  const { sent, speaker } = await openSender();
  await speaker.speak(chirp(90, 300), never);
  expect(sent.map(({ atMs }) => atMs - 1000)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
  expect(sent.map(silent)).toEqual([...Array(5).fill(false), ...Array(5).fill(true)]);
});

test('it says when the first and the last packet with voice left', async () => {
  const { speaker } = await openSender();
  const said = chirp(400, 300, 16_000);
  said.samples.fill(0, 0, 1600).fill(0, 4800);
  const spoken = await speaker.speak(said, never);
  expect(spoken).toEqual({
    firstPacketAtMs: 1000,
    firstVoicedAtMs: 1100,
    lastVoicedAtMs: 1280,
  });
});

test('after a stall the packets that are due leave at once, and the grid stands', async () => {
  const { clock, sent, speaker } = await openSender();
  clock.stallMs = 70;
  await speaker.speak(chirp(160, 300), never);
  expect(sent.slice(0, 7).map(({ atMs }) => atMs - 1000)).toEqual([0, 90, 90, 90, 90, 100, 120]);
});

test('packets that leave more than 20 ms late are counted', async () => {
  const { clock, speaker } = await openSender();
  clock.stallMs = 70;
  await speaker.speak(chirp(160, 300), never);
  expect(speaker.latePackets).toBe(3);
});

test('speech that was encoded beforehand leaves as it is, at the same instants as its sound would', async () => {
  const said = chirp(400, 300, 16_000);
  said.samples.fill(0, 0, 1600).fill(0, 4800);
  const encoded = encodeSpeech(said, await loadOpus());
  const [first, second] = [await openSender(), await openSender()];
  const spoken = await first.speaker.speak(encoded, never);
  expect(spoken).toEqual(await second.speaker.speak(said, never));
  expect(first.sent.map(({ atMs }) => atMs)).toEqual(second.sent.map(({ atMs }) => atMs));
  expect(first.sent.slice(0, -5).map(({ payload }) => payload)).toEqual(
    encoded.frames.map(({ opus }) => opus),
  );
});

test('timestamps go on through a pause, sequence numbers do not', async () => {
  const { clock, sent, speaker } = await openSender();
  await speaker.speak(chirp(20, 300), never);
  await clock.sleep(1000, never);
  await speaker.speak(chirp(20, 300), never);
  const [before, after] = [sent[5], sent[6]];
  if (!before || !after) throw new Error('Too few packets.');
  expect((after.sequence - before.sequence) & 0xffff).toBe(1);
  expect((after.timestamp - before.timestamp) >>> 0).toBe(960 * 50);
});

test.each([16_000, 22_050, 24_000, 44_100, 48_000])(
  'sound of %i Hz keeps its length',
  async (rateHz) => {
    const { sent, speaker } = await openSender();
    await speaker.speak(chirp(200, 300, rateHz), never);
    expect(sent.filter((packet) => !silent(packet))).toHaveLength(10);
  },
);

/** A clock whose sleepers wake when it is stepped, and a microphone that gives a frame every 20 ms until then. */
async function liveSender() {
  const clock = new SteppedClock();
  const sent: (Omit<VoicePacket, 'ssrc'> & { atMs: number })[] = [];
  const flags: boolean[] = [];
  const speaker = new ClientSender(await loadOpus(), clock, {
    speaking: (on) => flags.push(on),
    packet: (packet) => sent.push({ ...packet, atMs: clock.nowMs() }),
  });
  const accepts = async (frames: number, frame: Buffer | Int16Array) => {
    for (let n = 0; n < frames; n++) {
      speaker.live(frame);
      await clock.step(20);
    }
  };
  return { clock, sent, flags, speaker, accepts };
}

test('Opus of a live microphone leaves at once and as it is, and silence follows when no more comes', async () => {
  const { clock, sent, flags, accepts } = await liveSender();
  const opus = Buffer.of(0x78, 1, 2, 3);
  await accepts(10, opus);
  expect(sent.map(({ payload }) => payload)).toEqual(Array(10).fill(opus));
  expect(flags).toEqual([true]);
  const steps = sent.slice(1).map(({ timestamp }, n) => timestamp - (sent[n]?.timestamp ?? 0));
  expect(new Set(steps)).toEqual(new Set([960]));
  await clock.step(400);
  expect(sent.slice(10).map(silent)).toEqual(Array(5).fill(true));
  expect(flags).toEqual([true, false]);
});

test('samples of a live microphone are encoded, and its end is silence at once', async () => {
  const { clock, sent, speaker, accepts } = await liveSender();
  await accepts(3, chirp(20, 300, 48_000).samples);
  expect(sent.map(silent)).toEqual([false, false, false]);
  speaker.endLive();
  await clock.step(60);
  expect(sent.slice(3).every(silent)).toBe(true);
  expect(sent.length).toBeGreaterThan(4);
});

test('a live microphone is not heard beneath a speech, and is again after it', async () => {
  const { clock, sent, speaker, accepts } = await liveSender();
  const opus = Buffer.of(0x78, 1, 2, 3);
  await accepts(2, opus);
  const spoken = speaker.speak(chirp(100, 300), never);
  await accepts(5, opus);
  await clock.step(400);
  await spoken;
  const live = () => sent.filter(({ payload }) => payload.equals(opus)).length;
  expect(live()).toBe(2);
  await accepts(1, opus);
  expect(live()).toBe(3);
  await speaker.close(new Error('over'));
});
