import { me } from '#commands/voice/me-command.ts';
import { list, preview } from '#commands/voice/voice-command.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import type { PersonChange } from '#src/settings/personal-settings-cache.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import { adam, callAs, makePorts, makeVoices } from './command-ports.ts';
import { listLines } from './run-typed.ts';

type Words = CommandCall['inputs'];
const typeInputs = (inputs: Words, call = adam) => ({ ...call, inputs });

/** Changes that `/voice me` writes, and the caller's view of them. */
async function changeVoice(
  words: Words,
  voices: readonly string[] = ['slt', 'rms', 'kal16'],
) {
  const changes: PersonChange[] = [];
  const [reply] = await me.run(
    typeInputs(words),
    makePorts({
      voices: makeVoices(voices),
      peopleSettings: {
        changeSettings: async (_guildId, _personId, wanted) => {
          changes.push(wanted);
          return { settings: {}, isSaved: true };
        },
      },
    }),
  );
  return { changes, reply, sentence: formatText(reply.id, reply.with) };
}

test.each<[Words, PersonChange]>([
  [
    { language: admitChosenLanguage('German (de)') },
    { language: admitChosenLanguage('de') },
  ],
  [
    { language: admitChosenLanguage(' PT-br ') },
    { language: admitChosenLanguage('pt-BR') },
  ],
  [{ language: 'default' }, { language: null }],
  [{ voice: 'SLT' }, { voice: 'slt' }],
  [{ speed: '0.7' }, { speed: 0.7 }],
  [{ name: ' Shivawn\n' }, { spokenName: 'Shivawn' }],
  [{ name: 'default' }, { spokenName: null }],
  [{ answers: 'private' }, { answers: 'private' }],
  [{ answers: 'spoken' }, { answers: 'spoken' }],
  [
    { language: 'ja', voice: 'rms', speed: '1.4' },
    { language: admitChosenLanguage('ja'), voice: 'rms', speed: 1.4 },
  ],
])('/voice me with %j changes %j and nothing else', async (words, wanted) =>
  expect((await changeVoice(words)).changes).toEqual([wanted]),
);

test.each<[Words, string]>([
  [{ language: 'Klingon' }, 'There is no "Klingon". Pick one from the list.'],
  [
    { language: 'ru' },
    'No voice here speaks Russian. Whoever runs me adds one with npm run setup.',
  ],
  [{ voice: 'rmz' }, 'There is no "rmz". There are: rms, slt, kal16.'],
  [{ name: '<break time="9s"/>' }, 'Write the name in letters, as it is pronounced.'],
])('/voice me with %j changes nothing and says: %s', async (words, sentence) => {
  const reported = await changeVoice({ language: 'de', ...words });
  expect(reported.changes).toEqual([]);
  expect([reported.sentence, reported.reply.to]).toEqual([sentence, undefined]);
});

test('if a speech server does not list its voices, any plausible name of a voice is accepted', async () => {
  expect((await changeVoice({ voice: 'af_bella(2)+af_sky' }, [])).changes).toHaveLength(
    1,
  );
  expect((await changeVoice({ voice: '{"a":1}' }, [])).sentence).toBe(
    'There is no "{"a":1}". Pick one from the list.',
  );
});

test('/voice me says what holds now, in the language of its caller', async () => {
  const language = admitChosenLanguage('de');
  const settings = { language, voice: 'rms', speed: 0.85, spokenName: 'Shivawn' };
  const peopleSettings = { changeSettings: async () => ({ settings, isSaved: false }) };
  const call = typeInputs({ language: 'de' }, callAs({ locale: 'de' }));
  const [reply] = await me.run(call, makePorts({ peopleSettings }));
  expect(listLines(reply)).toEqual([
    'Your voice: rms. Your language: Deutsch. To change one, run /voice me with it.',
    'At 0.85 times the usual pace.',
    'Your name is said as "Shivawn".',
    "I can't save that now. It holds until I restart; then please do it again.",
  ]);
});

test('/voice me without a word shows what its caller has chosen, or that it cannot be read', async () => {
  const [fresh] = await me.run(adam, makePorts());
  expect(formatText(fresh.id, fresh.with)).toBe(
    'Your voice: my usual one. Your language: the one you speak. To change one, run /voice me with it.',
  );
  const unreadable = { loadSettings: async () => undefined };
  const [unread] = await me.run(adam, makePorts({ peopleSettings: unreadable }));
  expect(unread.id).toBe('store.unread');
});

test('/voice list names the voices, in a file where they are many', async () => {
  const listVoicesOf = async (voices: readonly string[]) =>
    (await list.run(adam, makePorts({ voices: makeVoices(voices) })))[0];
  expect(await listVoicesOf(['slt', 'rms'])).toEqual({
    id: 'voice.list',
    with: { voices: 'slt, rms' },
  });
  expect((await listVoicesOf([])).id).toBe('voice.list.unknown');
  const many = Array.from({ length: 400 }, (_, n) => `voice-${n}`);
  const { files, ...reply } = await listVoicesOf(many);
  expect(reply).toMatchObject({
    id: 'voice.list',
    with: { voices: expect.stringMatching(/^voice-0, .{1,990}\u2026$/) },
  });
  expect(await openDeeply(files)).toEqual([
    { name: 'voices.txt', text: `${many.join('\n')}\n` },
  ]);
});

test('/voice preview lets its caller hear their voice at their pace, or the one they name', async () => {
  const samples: unknown[] = [];
  const voices: Public<VoicesAndPreviews> = {
    ...makeVoices(['slt', 'rms']),
    previewVoice: async (_guildId, _listener, sample) => {
      samples.push(sample);
      return { kind: 'file', wav: Buffer.of(1) };
    },
  };
  const portsOf = (settings: PersonSettings) =>
    makePorts({ voices, peopleSettings: { loadSettings: async () => settings } });
  const all = portsOf({ voice: 'rms', speed: 0.8 });
  const [own] = await preview.run(adam, all);
  expect(own).toEqual({
    id: 'voice.preview',
    with: { voice: 'rms' },
    files: expect.anything(),
  });
  await preview.run(typeInputs({ voice: 'SLT' }), all);
  expect(samples).toEqual([
    { voice: 'rms', speed: 0.8, language: 'en' },
    { voice: 'slt', speed: 0.8, language: 'en' },
  ]);
  await preview.run(adam, portsOf({ language: admitChosenLanguage('de') }));
  expect(samples[2]).toMatchObject({ language: 'de' });
});

test('/voice preview of a name that no voice has tells the closest three', async () => {
  const [reply] = await preview.run(typeInputs({ voice: 'rmz' }), makePorts());
  expect(formatText(reply.id, reply.with)).toBe(
    'There is no "rmz". There are: rms, slt, kal.',
  );
});
