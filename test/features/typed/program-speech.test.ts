import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type {
  ProgramSpeech,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openBudgets } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const text: ProgramText = {
  guildId: toGuildId('g'),
  asker: { id: toPersonId('token:bell'), name: 'bell' },
  input: 'The GIF is ready. It moves.',
  onUsage: () => undefined,
};
const staying = new AbortController().signal;

/** Speech for programs over an engine of a dollar for a million characters. */
function openSpeech() {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer();
  const { budgets, ledger, paid } = openBudgets(clock);
  const deps = { spending: budgets, synthesizer };
  const { dependencies, sessions } = openSessionFixture(deps, undefined, clock);
  const answers = new ProgramAnswers(
    dependencies,
    sessions.settings,
    dependencies.recordings,
    staying,
  );
  return { answers, ledger, paid, synthesizer };
}

async function samplesOf(speech: ProgramSpeech) {
  if (speech.kind !== 'open') throw new Error(`It is ${speech.kind}.`);
  let count = 0;
  for await (const { samples, rateHz } of speech.parts) {
    expect(rateHz).toBe(24_000);
    count += samples.length;
  }
  return count;
}

test('the token pays for what was spoken, also of a text that is left in the middle, and nothing stays set aside', async () => {
  const { answers, ledger, paid, synthesizer } = openSpeech();
  await samplesOf(await answers.openSpeech(text, staying));
  expect(paid.map(({ usd }) => usd)).toEqual([17e-6, 9e-6]);
  const left = await answers.openSpeech(text, staying);
  expect(ledger.getReserved(toGuildId('g'))).toBeGreaterThan(0);
  if (left.kind !== 'open') throw new Error('It is open.');
  for await (const _ of left.parts) break;
  await expect.poll(() => synthesizer.running).toBe(0);
  expect(ledger.getReserved(toGuildId('g'))).toBe(0);
  expect(paid.length).toBeGreaterThan(2);
});

test('a text that nobody begins to read frees its money when its program has gone', async () => {
  const { answers, ledger, synthesizer } = openSpeech();
  const leaving = new AbortController();
  await answers.openSpeech(text, leaving.signal);
  expect(ledger.getReserved(toGuildId('g'))).toBeGreaterThan(0);
  leaving.abort(new Error('gone'));
  expect([ledger.getReserved(toGuildId('g')), synthesizer.asked]).toEqual([0, []]);
});
