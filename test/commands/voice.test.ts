import { bot } from '#commands/voice/bot-command.ts';
import { me } from '#commands/voice/me-command.ts';
import { personaForm } from '#commands/voice/persona-form.ts';
import { list, preview } from '#commands/voice/voice-command.ts';
import { words } from '#commands/voice/words-command.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { PersonaSaveOutcome } from '#src/features/personas/persona-requests.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { ServerVocabulary } from '#src/features/words/server-vocabulary.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import type { Persona } from '#src/settings/persona.ts';
import type { PersonChange } from '#src/settings/personal-settings-cache.ts';
import { formatText } from '#src/texts/texts.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import {
  adam,
  callAs,
  lounge,
  makePorts,
  makeVoices,
  manager,
} from './command-ports.ts';
import { listLines, readReply } from './run-typed.ts';

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

const pirate: Persona = {
  name: 'Pirate',
  instructions: 'Talk like a pirate.',
  voice: 'rms',
};
const typed = { instructions: 'You are a captain.' };

/** A bot in the lounge with a persona, and what was stored for the lounge. */
function openServer(
  persona: Persona = pirate,
  saving: PersonaSaveOutcome = { kind: 'saved', saved: true },
) {
  const stored: Persona[] = [];
  const all = makePorts({
    personas: {
      findCurrent: async () => ({ channel: lounge, persona }),
      mayChangeVoice: ({ mayManage }) => mayManage,
      savePersona: async (_guildId, channelId, one) => {
        expect(channelId).toBe('lounge');
        stored.push(one);
        return saving;
      },
    },
  });
  return { all, stored };
}

test('/voice bot tells its caller alone who the bot is there, and its voice', async () =>
  expect(readReply(await bot.run(adam, openServer().all))).toEqual([
    ...['caller', 'I am Pirate.', 'I speak with the voice rms.'],
  ]));

test.each<[CommandCall['inputs'], Persona]>([
  [{ voice: 'SLT' }, { ...pirate, voice: 'slt' }],
  [{ voice: 'Default' }, { name: 'Pirate', instructions: 'Talk like a pirate.' }],
  [{ form: 'remove' }, {}],
])('/voice bot with %j stores %j', async (inputs, persona) => {
  const { all, stored } = openServer();
  const [reply] = await bot.run({ ...manager, inputs }, all);
  expect([stored, reply.id]).toEqual([[persona], 'persona.now']);
});

test.each<[CommandCall['inputs'], string]>([
  [{ voice: 'slt' }, 'perm.dj'],
  [{ form: 'edit' }, 'perm.manage'],
  [{ form: 'remove' }, 'perm.manage'],
])('a caller without the right for %j reads why', async (words, id) => {
  const { all, stored } = openServer();
  const call = { ...adam, inputs: words };
  expect(await bot.form?.(call, all)).toBeUndefined();
  const [reply] = await bot.run(call, all);
  expect([reply.id, reply.to, stored]).toEqual([id, undefined, []]);
});

test('the form shows the persona of the channel, and stores what is sent', async () => {
  const { all, stored } = openServer();
  const form = await bot.form?.({ ...manager, inputs: { form: 'edit' } }, all);
  expect(form?.inputs.map(({ name, value }) => [name, value])).toEqual([
    ['name', 'Pirate'],
    ['instructions', 'Talk like a pirate.'],
    ['voice', 'rms'],
    ['language', undefined],
  ]);
  expect(form?.name).toBe('persona:lounge');
  const inputs = { about: 'lounge', ...typed, name: ' ', language: 'German' };
  const [reply] = await personaForm.run({ ...manager, inputs }, all);
  expect([stored, reply.id]).toEqual([[{ ...typed, language: 'de' }], 'persona.now']);
});

test.each<[CommandCall['inputs'], PersonaSaveOutcome | undefined, string]>([
  [{ language: 'Klingon!' }, undefined, 'settings.bad'],
  [{ name: 'Nova\u{E0042}' }, undefined, 'persona.bad.hidden'],
  [{ voice: 'rmz' }, { kind: 'unknown-voice', known: ['rms'] }, 'unknown.of'],
])(
  'a form with %j is not stored (%j), and what took long to write comes back',
  async (words, saving, id) => {
    const call = { ...manager, inputs: { about: 'lounge', ...typed, ...words } };
    const [reply] = await personaForm.run(call, openServer(pirate, saving).all);
    expect(reply.id).toBe(id);
    expect(await openDeeply(reply.files)).toEqual([
      { name: 'persona.txt', text: 'You are a captain.\n' },
    ]);
  },
);

test('a form from somebody who does not manage the server any more changes nothing', async () => {
  const { all, stored } = openServer();
  const inputs = { about: 'lounge', ...typed };
  const [reply] = await personaForm.run({ ...adam, inputs }, all);
  expect([reply.id, stored]).toEqual(['perm.manage', []]);
});

const some = [{ word: 'Ana' }, { word: 'Kubernetes', say: 'koo-ber-net-ees' }];
const listWords = async () => ({ words: some, isRead: true, limit: 200 });
const makeControl = (overrides: Partial<ServerVocabulary>) =>
  makePorts({ words: overrides });

test.each<[CommandCall['inputs'], Partial<ServerVocabulary>, readonly string[]]>([
  [{ add: 'Ana' }, {}, ['I now expect to hear "Ana".']],
  [
    { add: 'Ana' },
    {
      addWord: async () => ({
        kind: 'replaced',
        word: { word: 'Ana' },
        saved: false,
      }),
    },
    [
      'I now expect to hear "Ana".',
      "I can't save that now. It holds until I restart; then please do it again.",
    ],
  ],
  [
    { add: '<' },
    { addWord: async () => ({ kind: 'bad-word', maxChars: 40 }) },
    [
      "That can't be a word. Use up to 40 letters, digits or signs on one line, without brackets.",
    ],
  ],
  [
    { add: 'Ana', say: '<' },
    { addWord: async () => ({ kind: 'bad-say', maxChars: 80 }) },
    ['Write how it sounds, in up to 80 letters, without brackets.'],
  ],
  [
    { add: 'Ana' },
    { addWord: async () => ({ kind: 'full', limit: 200 }) },
    [
      'The limit of 200 is reached. Try again later, or make room: /voice words remove.',
    ],
  ],
  [
    { remove: 'ana' },
    { removeWord: async () => ({ kind: 'removed', word: 'Ana', saved: true }) },
    ['I no longer expect "Ana".'],
  ],
  [
    { remove: 'anna' },
    { removeWord: async () => ({ kind: 'unknown', known: ['Ana', 'Kubernetes'] }) },
    ['There is no "anna". There are: Ana, Kubernetes.'],
  ],
  [{ add: 'a', remove: 'b' }, {}, ['Fill in add, add and say, or remove.']],
  [{}, {}, ['There are no words here yet. A manager adds them: /voice words add.']],
  [{}, { listWords }, ['2 of 200 words: Ana, Kubernetes (koo-ber-net-ees).']],
  [
    {},
    { listWords: async () => ({ words: [], isRead: false, limit: 200 }) },
    ["That doesn't work now. I told the operator; try again later."],
  ],
])(
  '/voice words with %j is answered in one sentence',
  async (typed, overrides, lines) => {
    const replies = await words.run(
      { ...manager, inputs: typed },
      makeControl(overrides),
    );
    expect(readReply(replies)).toEqual(['caller', ...lines]);
  },
);

test.each<Record<string, string>>([{ add: 'Ana' }, { remove: 'Ana' }])(
  'whoever does not manage the server changes nothing with %j, but may look',
  async (typed) => {
    const failTest = () => expect.fail();
    const denied = await words.run(
      { ...adam, inputs: typed },
      makeControl({ addWord: failTest, removeWord: failTest }),
    );
    expect(denied).toEqual([{ id: 'perm.manage' }]);
    expect((await words.run(adam, makeControl({ listWords })))[0].id).toBe(
      'words.list',
    );
  },
);

test('words there are are suggested while somebody types', async () => {
  const option = words.options.find(({ name }) => name === 'remove');
  const suggest = option?.kind === 'text' ? option.suggest : undefined;
  expect(await suggest?.('ku', manager, makeControl({ listWords }))).toEqual([
    'Kubernetes',
  ]);
});
