import { tools } from '#src/features/features.ts';
import {
  adam,
  eva,
  joinLounge,
  lounge,
  passTime,
  pressConfirm,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, makeToolCall as call } from '#test/fakes/fake-chat.ts';

async function open(calls: readonly ChatStep[]) {
  const rounds = calls.flatMap((one) => [[one], ['All right.']]);
  const fixture = await joinLounge({ rounds, pieces: 2, tools });
  await fixture.sessions.join(lounge, 'eva');
  await passTime(fixture, 40);
  const session = fixture.sessions.findSession('g') ?? expect.fail();
  return {
    fixture,
    session,
    results: () => fixture.chat.results,
    async ask(words: string) {
      void fixture.talk.askQuestion('g', words, adam, 'voice');
      await passTime(fixture, 5_000);
    },
  };
}

test('captions are turned on and off by voice', async () => {
  const { ask, fixture, results } = await open([
    call('captions', { on: true }),
    call('captions', { on: false }),
  ]);
  await ask('Captions on, please.');
  expect(results()).toEqual([expect.stringContaining('Captions on,')]);
  expect(fixture.captions.isOn('g')).toBe(true);
  await ask('Captions off.');
  expect(results()).toEqual([expect.stringContaining('Captions off.')]);
  expect(fixture.captions.isOn('g')).toBe(false);
  expect(fixture.of('tool').map(({ how }) => how)).toEqual(['ran', 'ran']);
});

test('whoever asks to be left out is not written at once, and written again by their own press', async () => {
  const { ask, fixture, results, session } = await open([
    call('captions', { on: true }),
    call('leave_me_out', { out: true }),
    call('leave_me_out', { out: false }),
  ]);
  await ask('Captions on.');
  const written = () => [adam, eva].map(({ id }) => session.consent.canWrite(id));
  expect(written()).toEqual([true, true]);
  await ask('Leave me out.');
  expect(results()[0]).toContain("I don't caption you; whom I hear stays as it is.");
  expect(written()).toEqual([false, true]);
  await fixture.personas.savePersona('g', lounge.channelId, { name: 'Max' }); // words of somebody else
  await ask('Write me again.');
  expect(written()).toEqual([false, true]);
  await pressConfirm(fixture);
  expect(written()).toEqual([true, true]);
});

test('the bot follows whoever asks, until they ask it no longer to', async () => {
  const { ask, session } = await open([
    call('follow', { follow: true }),
    call('follow', { follow: false }),
  ]);
  await ask('Follow me.');
  expect(session.followedId).toBe('adam');
  await ask('Stop following me.');
  expect(session.followedId).toBeUndefined();
});
