import { paidRoles } from '#src/spending/prices/prices.ts';
import {
  hearSpeech,
  joinLounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { boundlessBudget } from '#test/fakes/fake-spending.ts';

test.each([
  [['recognise'], 'pausedAtMs', 'endedAtMs'],
  [[], 'endedAtMs', 'endedAtMs'],
  [paidRoles, 'pausedAtMs', 'pausedAtMs'],
] as const)(
  'after an answer in vain, with %j free, words are known at %s and the answer at %s',
  async (free, wordsAtMs, answerAtMs) => {
    const fixture = await joinLounge({
      rounds: [[{ usage: { inputTokens: 9_000, outputTokens: 1 } }, 'stall'], ['Ten.']],
      spending: { ...boundlessBudget, getPrices: () => ({ free, estimated: [] }) },
      transcriber: new FakeTranscriber({ texts: ['What time is it?'] }),
    });
    await passTime(fixture, 4_000);
    await hearSpeech(fixture, 1_020, 'human-cards-001');
    await hearSpeech(fixture, 6_000, 'human-cards-001');
    await hearSpeech(fixture, 6_000, 'human-cards-001');
    const instants = fixture.of('answered')[1]?.instants;
    expect(instants?.recognisedAtMs).toBe(instants?.[wordsAtMs]);
    expect(instants?.firstTokenAtMs).toBe(instants?.[answerAtMs]);
    expect(instants?.pausedAtMs).toBeGreaterThan(instants?.heardAtMs ?? 0);
  },
);
