import { expect, test } from 'vitest';
import type { VoicePacket } from '#sandbox/voice/rtp.ts';
import { ClientSender } from '#sandbox/voice-client/client-sender.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Clock } from '#src/base/clock.ts';
import { chirp } from './voice-callers.ts';

/** Time passes only while somebody sleeps; `stallMs` is added to the next sleep. */
class SleptClock implements Clock {
  #nowMs = 1000;
  stallMs = 0;
  nowMs = (): number => this.#nowMs;
  wallMs = (): number => 0;
  sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    this.#nowMs += ms + this.stallMs;
    this.stallMs = 0;
  };
}

const never = new AbortController().signal;

async function mouth() {
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
  const { sent, speaker } = await mouth();
  await speaker.speak(chirp(90, 300), never);
  expect(sent.map(({ atMs }) => atMs - 1000)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
  expect(sent.map(silent)).toEqual([...Array(5).fill(false), ...Array(5).fill(true)]);
});

test('it says when the first and the last packet with voice left', async () => {
  const { speaker } = await mouth();
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
  const { clock, sent, speaker } = await mouth();
  clock.stallMs = 70;
  await speaker.speak(chirp(160, 300), never);
  expect(sent.slice(0, 7).map(({ atMs }) => atMs - 1000)).toEqual([0, 90, 90, 90, 90, 100, 120]);
});

test('timestamps go on through a pause, sequence numbers do not', async () => {
  const { clock, sent, speaker } = await mouth();
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
    const { sent, speaker } = await mouth();
    await speaker.speak(chirp(200, 300, rateHz), never);
    expect(sent.filter((packet) => !silent(packet))).toHaveLength(10);
  },
);
