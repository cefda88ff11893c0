import { expect, test } from 'vitest';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { SpeakerInput, type SpeakerInputEvent } from '#src/conversation/hearing/speaker-input.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import {
  type CrowdAct,
  carried,
  enact,
  type Network,
} from '#test/conversation/setup/random-crowd.ts';
import { fc } from '#test/properties.ts';

const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);

const act: fc.Arbitrary<CrowdAct> = fc.oneof(
  fc.record({
    kind: fc.constant('talk' as const),
    ms: fc.integer({ min: 20, max: 1_500 }),
    frames: fc.constantFrom(5, 5, 0, 2),
  }),
  fc.record({ kind: fc.constant('pause' as const), ms: fc.integer({ min: 40, max: 1_500 }) }),
);
const network: fc.Arbitrary<Network> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  lost: fc.constantFrom(0, 0.1, 0.5),
  doubled: fc.constantFrom(0, 0.2),
  late: fc.constantFrom(0, 0.2, 0.5),
});

/** All that an ear notices of it, and of the two seconds of silence that follow. */
function noticed(packets: readonly Packet[], endMs: number): readonly SpeakerInputEvent[] {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const stream = new SpeakerStream(codec);
  const input = new SpeakerInput({
    speakerId: 'adam',
    stream,
    meter,
    echo: new EchoMeter(new SentEnvelope()),
    rules: endpointRules,
    pauseHabits: new PauseHabits(),
  });
  const waiting = [...packets];
  const all: SpeakerInputEvent[] = [];
  for (let atMs = 0; atMs < endMs + 2_000; atMs += 20) {
    const later = waiting.findIndex((packet) => packet.atMs > atMs);
    const due = waiting.splice(0, later < 0 ? waiting.length : later);
    for (const packet of due) all.push(...input.put(packet));
    all.push(...input.tick(atMs));
  }
  expect(input.talking).toBe(false);
  input.close();
  return all;
}

test('whatever becomes of the packets, each utterance that began ends once, with its sound', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 8 }), network, (acts, over) => {
      const { packets, endMs } = enact('adam', acts);
      const all = noticed(carried(packets, over), endMs);
      const heard = all.filter(({ kind }) => !/^(overlap-began|voiced|overlap-ended)$/.test(kind));
      const kinds = heard.map(({ kind }) => kind).join(' ');
      const inside = '(sound|paused|long-pause|likely-over|resumed)';
      expect(kinds).toMatch(new RegExp(`^(began( ${inside})* ended ?)*$`));
      for (const one of all) {
        if (one.kind !== 'ended') continue;
        expect(one.whole.toMs).toBeGreaterThan(one.whole.fromMs);
        expect(one.whole.pcm.samples.length).toBeGreaterThan(0);
        expect(one.endedAtMs).toBeGreaterThanOrEqual(one.whole.toMs);
      }
    }),
    { numRuns: 40 },
  );
});
