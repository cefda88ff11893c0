import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import { only, openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const reading = only(chained({ chat: new FakeChat([]), synthesizer: new FakeSynthesizer() }));

test('what holds in a server is worked out once, and anew as soon as the server sets something', async () => {
  const { personas, sessions, settings: control } = openSessionFixture();
  const { settings } = sessions;
  const before = settings.at('g', 'c');
  expect(settings.at('g', 'c')).toBe(before);
  expect(settings.in('g')).toBe(settings.in('g'));
  await control.set('g', 'cues', 'off');
  await control.set('g', 'budget_day', '$1');
  const after = settings.at('g', 'c');
  expect([before.cues, after.cues, settings.in('g').cues]).toEqual(['soft', 'off', 'off']);
  expect(settings.in('g').serverDayCap).toBe(1e9);
  expect(settings.at('g', 'c')).toBe(after);
  await personas.save('g', 'c', { name: 'Vera', instructions: 'You are Vera.' });
  expect(settings.at('g', 'c').instructions).toBe('You are Vera.');
  expect(settings.at('other', 'c').instructions).toBe(before.instructions);
  await personas.save('g', 'c', { name: 'Vera', instructions: 'You are Vera, and short.' });
  expect(settings.at('g', 'c').instructions).toBe('You are Vera, and short.');
});

test('a voice that the speech server lists no more is gone at once, and there again as soon as it is listed', async () => {
  let names: readonly string[] = ['slt', 'rms'];
  const voices = { isEnglishOnly: true, known: () => names, load: async () => names };
  const { personas, sessions } = openSessionFixture({ pipelines: reading, voices });
  await personas.save('g', 'c', { voice: 'rms' });
  const voice = () => sessions.settings.at('g', 'c').voice;
  expect(voice()).toBe('rms');
  names = ['slt'];
  expect(voice()).not.toBe('rms');
  names = ['slt', 'rms'];
  expect(voice()).toBe('rms');
});

test('what another process has set holds as soon as this one serves the server and has read the store', async () => {
  const there = openSessionFixture();
  const here = openSessionFixture({ settingsStore: there.settingsStore });
  const { settings } = here.sessions;
  expect(settings.at('g', 'c').cues).toBe('soft');
  await there.settings.set('g', 'cues', 'off');
  await settings.load('g');
  expect(settings.at('g', 'c').cues).toBe('off');
  settings.forget('g');
  await there.settings.set('g', 'cues', 'on');
  await settings.load('g');
  expect(settings.at('g', 'c').cues).toBe('on');
});
