import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  type openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { RecordedUtterances } from '#test/fakes/speakers/recorded-utterances.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const speech = 'human-goforward';
const todayMs = new VirtualClock().wallMs();

/** Adam and Eva are heard by a recogniser that costs a cent a minute. */
async function talked(over: Parameters<typeof openSessionFixture>[0] = {}) {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(10) } });
  const listener = new RecordedUtterances();
  const fixture = await joinLounge(
    { spending: budgets, addressing: 'name', listener, ...over },
    [adam, eva],
    clock,
  );
  await fixture.privacy.allow('g', 'eva');
  const says = async () => await hearSpeech(fixture, 5_000, speech);
  const sums = () => {
    const { day, people } = ledger.getStanding('g', clock.wallMs());
    return { day, adam: people.get('adam') };
  };
  return { clock, budgets, fixture, ledger, listener, says, sums };
}

test('captions of talk among people are paid by the server, and words to the bot by their speaker', async () => {
  for (const isMeant of [false, true]) {
    const { says, sums } = await talked(isMeant ? { addressing: 'always' } : {});
    await says();
    expect(sums().day.nanoUsd).toBeGreaterThan(250_000);
    expect((sums().adam?.nanoUsd ?? 0) > 250_000).toBe(isMeant);
  }
});

test('a withdrawn utterance is paid by the server', async () => {
  const { fixture, sums } = await talked({ addressing: 'always' });
  await hearSpeech(fixture, 1_500, speech);
  await fixture.privacy.deny('g', 'adam');
  await passTime(fixture, 1_000);
  expect([sums().adam, sums().day.nanoUsd > 0]).toEqual([undefined, true]);
});

test('captions end with the budget of the server', async () => {
  const { clock, ledger, listener, says } = await talked();
  ledger.charge('g', undefined, { nanoUsd: 10e9 }, clock.wallMs());
  await says();
  expect(listener.listEnds).toEqual([]);
});

test('the captions of who has used their share are paid by the server', () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(0.001) },
  });
  ledger.charge('g', 'adam', { nanoUsd: 1_000_000 }, todayMs);
  expect(budgets.openHearingBudget('g', 'adam')).toMatchObject({ kind: 'refused' });
  expect(budgets.openHearingBudget('g', 'adam', true)).toHaveProperty('reservation');
});
