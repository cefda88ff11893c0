import { realClock } from '#src/base/clock.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type {
  ProgramQuestion,
  ProgramSpeech,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import { ProgramAnswers } from '#src/features/typed/program-answers.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { RecordingFetcher } from '#src/sources/recordings.ts';
import { createPaidEngines } from '#src/spending/paid-engine.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { admitServerErasure } from '#test/fakes/admitted-erasures.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { boundlessBudget, openBudgets } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

test('a stream that is given up before anybody reads it gives its place back', async () => {
  const chat = new FakeChat([['Yes.']]);
  const synthesizer = new FakeSynthesizer();
  const pipelines: PipelineRegistry = {
    names: ['chained'],
    open: () => createChainedPipeline({ chat, synthesizer }),
    getEngineNames: () => 'a model',
  };
  await using decoding = new Decoding({ clock: realClock, stepMs: 2_000 });
  const { dependencies, sessions } = openSessionFixture();
  const transcriber = new FakeTranscriber({ texts: ['hi'] });
  const deps = {
    ...dependencies,
    ...createPaidEngines({ chat, transcriber, synthesizer, pipelines }),
    clock: realClock,
    onEvent: () => undefined,
    spending: boundlessBudget,
    style: { instructions: 'Be brief.', voice: {} },
  };
  const recordings = new RecordingFetcher(decoding, { allowed: new AllowedHosts([]) });
  const { signal } = new AbortController();
  const answers = new ProgramAnswers(deps, sessions.settings, recordings, signal);
  const question = {
    guildId: 'g',
    asker: { id: 'token:dog', name: 'dog' },
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Is it a dog?' }] }],
    sent: {},
    choices: 1,
    isSpoken: false,
  } as unknown as ProgramQuestion;
  const leaving = new AbortController();
  const askQuestion = async (until = signal) =>
    (await answers.answerQuestion(question, until)).kind;
  for (let n = 0; n < 4; n++) expect(await askQuestion(leaving.signal)).toBe('open');
  expect(await askQuestion()).toBe('failed');
  leaving.abort(new Error('gone'));
  expect(await askQuestion()).toBe('open');
});

test('what one person of a server has forgotten, all its tokens lose: nobody knows whose voice a sound holds', async () => {
  const fixture = openSessionFixture();
  const { keptWords } = fixture.featurePorts.programAnswers;
  const keys = ['g cat 1 audio', 'g dog 1 audio', 'h cow 1 audio'];
  for (const key of keys) keptWords.keep(key, Promise.resolve('Seven.'));
  const forgotten = fixture.privacy.forget(toGuildId('g'), toPersonId('eva'));
  await fixture.clock.advance(1_000);
  expect(await forgotten).toMatchObject({ kind: 'forgotten' });
  expect(keys.filter((key) => keptWords.find(key))).toEqual(['h cow 1 audio']);
  for (const feature of fixture.dependencies.features.all)
    await feature.eraseServer?.(admitServerErasure(toGuildId('h')));
  expect(keptWords.find('h cow 1 audio')).toBeUndefined();
});

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
