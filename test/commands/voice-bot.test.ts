import { bot } from '#commands/voice/bot-command.ts';
import { personaForm } from '#commands/voice/persona-form.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { PersonaSaveOutcome } from '#src/features/personas/persona-requests.ts';
import type { Persona } from '#src/settings/persona.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import { adam, lounge, makePorts, manager } from './command-ports.ts';
import { readReply } from './run-typed.ts';

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
