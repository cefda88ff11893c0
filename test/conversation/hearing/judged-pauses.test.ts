import type { JudgedSound } from '#src/speech/local/turn-model.ts';
import { endpointRules, usualTurnModelMs } from '#src/turn/endpointing/endpointing.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  eva,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';

/** A turn model that never answers, and the pauses that it was asked about. */
class SilentTurnModel {
  readonly signals: AbortSignal[] = [];
  load() {}
  judge(_sound: JudgedSound, signal: AbortSignal) {
    this.signals.push(signal);
    return new Promise<undefined>(() => {});
  }
}

async function openSession() {
  const turnModel = new SilentTurnModel();
  const pause = { ...endpointRules.pause, turnModelMs: usualTurnModelMs };
  const rules = { ...endpointRules, pause };
  const fixture = await openRoom({ turnModel, endpointRules: rules }, [adam, eva]);
  await passTime(fixture, 100);
  return { fixture, turnModel };
}

test('the judgement of a pause is withdrawn as its person speaks on, and as the utterance ends', async () => {
  const { fixture, turnModel } = await openSession();
  // "Five", a pause, "five".
  const packets = await sayWords('human-cards-004', adam, fixture.clock.nowMs());
  const seen = new Set<string>();
  for (let passedMs = 0; passedMs < 4_000; passedMs += 20) {
    const nowMs = fixture.clock.nowMs();
    const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 20);
    await passTime(fixture, 20, due);
    seen.add(
      turnModel.signals.map(({ aborted }) => (aborted ? 'withdrawn' : 'asked')).join(),
    );
  }
  expect([...seen]).toEqual([
    '',
    'asked',
    'withdrawn',
    'withdrawn,asked',
    // It is asked once more in a long pause.
    'withdrawn,withdrawn,asked',
    'withdrawn,withdrawn,withdrawn',
  ]);
});

test('a pause is not judged while somebody else talks, and its words and silence end the turn', async () => {
  const { fixture, turnModel } = await openSession();
  const nowMs = fixture.clock.nowMs();
  // Eva talks on for two seconds after Adam's words.
  const packets = await Promise.all([
    sayWords('human-cards-001', adam, nowMs),
    sayWords('human-librivox-0930', eva, nowMs),
  ]);
  await passTime(fixture, 2_500, packets.flat());
  expect(turnModel.signals).toEqual([]);
  expect(fixture.of('recognised').map(({ name }) => name)).toEqual(['Adam']);
});
