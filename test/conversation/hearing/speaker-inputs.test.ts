import { expect, test } from 'vitest';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { durationMs } from '#src/audio/pcm.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { SpeakerInput } from '#src/conversation/hearing/speaker-input.ts';
import {
  noPackets,
  type SpeakerInputHandle,
  SpeakerInputs,
} from '#src/conversation/hearing/speaker-inputs.ts';
import type { PacketCounts } from '#src/conversation/ports/session-events.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { packetsOf } from '#test/fakes/speakers/speaker.ts';

type FakeInput = { -readonly [Key in keyof SpeakerInputHandle]: SpeakerInputHandle[Key] } & {
  heard: number;
};

/** Ears that notice nothing but who talks, and count what they hear. */
function fakes() {
  const open = new Map<string, FakeInput>();
  const reported: [string, PacketCounts][] = [];
  let opened = 0;
  const openInput = (speakerId: string): SpeakerInputHandle => {
    opened++;
    const input: FakeInput = {
      talking: false,
      pausing: false,
      lastPacketAtMs: 0,
      unheardMs: 0,
      jitterMs: 12,
      heard: 0,
      put: ({ atMs }) => {
        input.heard++;
        input.lastPacketAtMs = atMs;
        return [];
      },
      tick: () => [],
      read: () => [],
      close: () => void open.delete(speakerId),
      counts: () => ({ ...noPackets, heard: input.heard }),
    };
    open.set(speakerId, input);
    return input;
  };
  const inputs = new SpeakerInputs(
    openInput,
    ({ speakerId, packets }) => void reported.push([speakerId, packets]),
  );
  const talk = (speakerId: string, talking = true) => {
    const input = open.get(speakerId);
    if (input) input.talking = talking;
  };
  return { inputs, talk, reported, hearing: () => [...open.keys()], opened: () => opened };
}

const people = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `p${from + n}`);

function packet(speakerId: string, atMs: number) {
  return { speakerId, sequence: 0, timestamp: 0, opus: Uint8Array.of(0x78), atMs };
}

test('twenty-five people are heard at once, and one more takes the decoder of who was silent longest', () => {
  const { inputs, hearing } = fakes();
  people(25).forEach((id, n) => void inputs.put(packet(id, n === 7 ? 0 : 100 + n)));
  inputs.put(packet('late', 2000));
  expect(hearing()).toHaveLength(25);
  expect(hearing()).not.toContain('p7');
  expect(hearing()).toContain('late');
});

test('who is silent loses the decoder before who talks, however long ago that began', () => {
  const { inputs, talk, hearing } = fakes();
  for (const id of people(25)) inputs.put(packet(id, 0));
  for (const id of people(24)) talk(id);
  inputs.tick(20);
  for (const id of people(24)) inputs.put(packet(id, 60_000));
  inputs.put(packet('late', 60_000));
  expect(hearing()).toEqual([...people(24), 'late']);
});

test('an open microphone keeps its decoder for a second, so that a word of it can be noticed', () => {
  const { inputs, hearing, opened } = fakes();
  for (let atMs = 0; atMs < 3000; atMs += 20) {
    for (const id of people(40)) inputs.put(packet(id, atMs));
    inputs.tick(atMs);
    if (atMs === 980) expect(hearing()).toEqual(people(25));
  }
  expect(hearing()).toHaveLength(25);
  expect(opened()).toBeLessThanOrEqual(25 * 3);
});

test('when forty people talk, nobody is interrupted within ten seconds, then who began first', () => {
  const { inputs, talk, hearing, opened } = fakes();
  for (let atMs = 0; atMs < 10_000; atMs += 20) {
    for (const id of people(40)) {
      inputs.put(packet(id, atMs));
      talk(id);
    }
    inputs.tick(atMs);
  }
  expect(hearing()).toEqual(people(25));
  for (const id of people(2, 25)) inputs.put(packet(id, 10_000));
  expect(hearing()).toEqual([...people(23, 2), ...people(2, 25)]);
  expect(opened()).toBe(27);
});

test('packets nobody had a decoder for are told', () => {
  const { inputs, talk, reported } = fakes();
  for (const id of people(25)) {
    inputs.put(packet(id, 0));
    talk(id);
  }
  inputs.tick(20);
  for (let n = 0; n < 3; n++) inputs.put(packet('late', 40 + n * 20));
  inputs.close();
  expect(reported).toContainEqual(['late', { ...noPackets, crowded: 3 }]);
  expect(reported).toContainEqual(['p0', { ...noPackets, heard: 1 }]);
});

test('what became of the packets is told after each utterance and at the end, each packet once', () => {
  const { inputs, talk, reported } = fakes();
  for (let n = 0; n < 5; n++) inputs.put(packet('ada', n * 20));
  talk('ada');
  inputs.tick(100);
  talk('ada', false);
  inputs.tick(120);
  inputs.tick(140);
  for (let n = 0; n < 2; n++) inputs.put(packet('ada', 200));
  inputs.close();
  expect(reported).toEqual([
    ['ada', { ...noPackets, heard: 5 }],
    ['ada', { ...noPackets, heard: 2 }],
  ]);
});

test('an utterance that is cut for want of decoders ends there and is handed over', async () => {
  const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);
  const real = new SpeakerInput({
    speakerId: 'ada',
    stream: new SpeakerStream(codec),
    meter: new VoiceMeter(new VoiceActivity(weights)),
    echo: new EchoMeter(new SentEnvelope()),
    rules: { ...endpointRules, longestMs: 60_000 },
    pauseHabits: new PauseHabits(),
  });
  const inputs = new SpeakerInputs((id) => (id === 'ada' ? real : talker));
  const once = (await packetsOf('human-librivox-0880', 'ada', 0, codec)).slice(0, -5);
  let atMs = 0;
  for (let n = 0; atMs < 11_000; n++, atMs += 20) {
    const opus = once[n % once.length]?.opus ?? Uint8Array.of();
    const sent = { speakerId: 'ada', sequence: n & 0xffff, timestamp: n * 960, opus, atMs };
    expect(inputs.put(sent).some(({ kind }) => kind === 'ended')).toBe(false);
    inputs.tick(atMs);
    if (n === 100) for (const id of people(24)) inputs.put(packet(id, atMs));
  }
  expect(inputs.talking()).toContain('ada');
  inputs.put(packet('late', atMs));
  const [ended] = inputs.tick(atMs).filter(({ noticed }) => noticed.kind === 'ended');
  expect(ended?.speakerId).toBe('ada');
  if (ended?.noticed.kind !== 'ended') throw new Error('It did not end.');
  expect(ended.noticed.endedAtMs).toBe(atMs);
  expect(durationMs(ended.noticed.whole.pcm)).toBeGreaterThan(9_000);
  expect(inputs.talking()).not.toContain('ada');
});

/** Talks without end. */
const talker: SpeakerInputHandle = {
  talking: true,
  pausing: false,
  lastPacketAtMs: 0,
  unheardMs: 0,
  jitterMs: undefined,
  put: () => [],
  tick: () => [],
  read: () => [],
  counts: () => noPackets,
  close: () => undefined,
};
