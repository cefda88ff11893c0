import { expect, test } from 'vitest';
import { nearest } from '#commands/closest-names.ts';
import { list } from '#commands/voice/list.ts';
import { me } from '#commands/voice/me.ts';
import { preview } from '#commands/voice/preview.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/conversation/command.ts';
import type { PersonChange } from '#src/conversation/settings/personal-settings-cache.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import { text } from '#src/texts/texts.ts';
import { adam, ports, voicesOf } from './ports.ts';

type Words = CommandCall['words'];
const typing = (words: Words, over: Partial<CommandCall> = {}) => ({ ...adam, ...over, words });

/** Changes that `/voice me` writes, and the caller's view of them. */
async function change(words: Words, voices: readonly string[] = ['slt', 'rms', 'kal16']) {
  const changes: PersonChange[] = [];
  const [reply] = await me.run(
    typing(words),
    ports({
      voices: voicesOf(voices),
      peopleSettings: {
        change: async (_guildId, _personId, wanted) => {
          changes.push(wanted);
          return { settings: {}, saved: true };
        },
      },
    }),
  );
  return { changes, reply, sentence: text(reply.id, reply.with) };
}

test.each<[Words, PersonChange]>([
  [{ language: 'German (de)' }, { language: 'de' }],
  [{ language: 'deutsch' }, { language: 'de' }],
  [{ language: ' PT-br ' }, { language: 'pt-BR' }],
  [{ language: 'default' }, { language: null }],
  [{ voice: 'SLT' }, { voice: 'slt' }],
  [{ voice: 'Default' }, { voice: null }],
  [{ speed: '0.7' }, { speed: 0.7 }],
  [{ speed: '1' }, { speed: null }],
  [{ name: ' Shivawn\n' }, { spokenName: 'Shivawn' }],
  [{ name: 'default' }, { spokenName: null }],
  [{ answers: 'written' }, { answers: 'written' }],
  [{ answers: 'spoken' }, { answers: null }],
  [
    { language: 'ja', voice: 'rms', speed: '1.4' },
    { language: 'ja', voice: 'rms', speed: 1.4 },
  ],
])('/voice me with %j changes %j and nothing else', async (words, wanted) => {
  expect((await change(words)).changes).toEqual([wanted]);
});

test.each<[Words, string]>([
  [{ language: 'Klingon' }, 'No language "Klingon". Pick one from the list.'],
  [{ language: 'ru' }, 'No voice here speaks Russian. Nothing changed.'],
  [{ voice: 'rmz' }, 'No voice called "rmz". Closest: rms, slt, kal16.'],
  [{ speed: '1.5' }, 'Pick a speed from 0.7 to 1.4; 1 is the usual pace.'],
  [{ speed: 'NaN' }, 'Pick a speed from 0.7 to 1.4; 1 is the usual pace.'],
  [{ name: '<break time="9s"/>' }, 'Write the name in letters, as it is pronounced.'],
  [{ name: '🎉' }, 'Write the name in letters, as it is pronounced.'],
])('/voice me with %j changes nothing and says: %s', async (words, sentence) => {
  const reported = await change({ language: 'de', ...words });
  expect(reported.changes).toEqual([]);
  expect([reported.sentence, reported.reply.to]).toEqual([sentence, 'caller']);
});

test('where the server does not tell its voices, any name that could be one is taken', async () => {
  expect((await change({ voice: 'af_bella(2)+af_sky' }, [])).changes).toHaveLength(1);
  expect((await change({ voice: '{"a":1}' }, [])).sentence).toBe(
    '"{"a":1}" can\'t be the name of a voice. Use letters, digits and spaces.',
  );
});

test('/voice me says what holds now, in the language of its caller', async () => {
  const settings = { language: 'de', voice: 'rms', speed: 0.85, spokenName: 'Shivawn' };
  const peopleSettings = { change: async () => ({ settings, saved: false }) };
  const call = typing({ language: 'de' }, { callerLocale: 'de' });
  const [reply] = await me.run(call, ports({ peopleSettings }));
  const sentences = [reply, ...(reply.lines ?? [])].map((one) => text(one.id, one.with));
  expect(sentences).toEqual([
    'Saved. From the next sentence: rms, Deutsch.',
    'At 0.85 times the usual pace.',
    'Your name is said as "Shivawn".',
    "I can't save that now: it holds until I restart.",
  ]);
});

test('/voice me without a word shows what its caller has chosen, or that it cannot be read', async () => {
  const [fresh] = await me.run(adam, ports());
  expect(text(fresh.id, fresh.with)).toBe(
    'Yours here: my usual voice, the language you speak. Fill in what you want to change.',
  );
  const [unread] = await me.run(adam, ports({ peopleSettings: { load: async () => undefined } }));
  expect(unread.id).toBe('voice.unread');
});

test('/voice list names the voices, in a file where they are many', async () => {
  const of = async (voices: readonly string[]) =>
    (await list.run(adam, ports({ voices: voicesOf(voices) })))[0];
  expect(await of(['slt', 'rms'])).toEqual({
    id: 'voice.list',
    with: { voices: 'slt, rms' },
    to: 'caller',
  });
  expect((await of([])).id).toBe('voice.list.unknown');
  const many = Array.from({ length: 400 }, (_, n) => `voice-${n}`);
  const { files, ...reply } = await of(many);
  expect(reply).toMatchObject({ id: 'voice.list.file', with: { n: 400 } });
  expect(files).toEqual([{ name: 'voices.txt', text: `${many.join('\n')}\n` }]);
});

test.each([
  ['marrin', ['cedar', 'marin', 'ash'], ['marin', 'ash', 'cedar']],
  ['', ['a', 'bb', 'ccc', 'dddd'], ['a', 'bb', 'ccc']],
  ['x', [], []],
])('closest to %j among %j are %j', (typed, all, expected) => {
  expect(nearest(typed, all)).toEqual(expected);
});

test('/voice preview lets its caller hear their voice at their pace, or the one they name', async () => {
  const samples: unknown[] = [];
  const voices: Public<VoicesAndPreviews> = {
    ...voicesOf(['slt', 'rms']),
    preview: async (_guildId, _listener, sample) => {
      samples.push(sample);
      return { kind: 'aloud' };
    },
  };
  const all = ports({
    voices,
    peopleSettings: { load: async () => ({ voice: 'rms', speed: 0.8 }) },
  });
  const [own] = await preview.run(adam, all);
  expect(own).toEqual({ id: 'voice.preview.aloud', with: { voice: 'rms' }, to: 'caller' });
  await preview.run(typing({ voice: 'SLT' }), all);
  expect(samples).toEqual([
    { voice: 'rms', speed: 0.8, language: 'en' },
    { voice: 'slt', speed: 0.8, language: 'en' },
  ]);
  await preview.run(
    adam,
    ports({ voices, peopleSettings: { load: async () => ({ language: 'de' }) } }),
  );
  expect(samples[2]).toMatchObject({ language: 'de' });
});

test('/voice preview of a name that no voice has tells the closest three', async () => {
  const [reply] = await preview.run(typing({ voice: 'rmz' }), ports());
  expect(text(reply.id, reply.with)).toBe('No voice called "rmz". Closest: rms, slt, kal.');
});

test('where the channel is not quiet /voice preview is a file that its caller alone sees', async () => {
  const [reply] = await preview.run(typing({ voice: 'rms' }), ports());
  expect(reply).toMatchObject({ id: 'voice.preview.file', to: 'caller' });
  expect(reply.files?.map(({ name }) => name)).toEqual(['voice.wav']);
});
