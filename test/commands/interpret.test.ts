import type { GuildId } from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import { inLounge } from './command-ports.ts';
import { runTyped } from './run-typed.ts';

const saying = (inputs: CommandCall['inputs']) => ({ ...inLounge, inputs });
const turnOn = async (_guildId: GuildId, languages: readonly string[]) => {
  asked.push(languages);
  return { kind: 'set', isSaved: true } as const;
};
const asked: (readonly string[])[] = [];

test('/interpret on takes names and tags of languages, and the room reads it with a button to be left out', async () => {
  const [reply] = await runTyped(
    'interpret on',
    saying({ first: 'German', second: 'pt-BR' }),
    { more: { interpreting: { turnOn } } },
  );
  expect(asked.at(-1)).toEqual(['de', 'pt-BR']);
  expect(reply).toMatchObject({
    id: 'interpret.on',
    with: { languages: 'German and Brazilian Portuguese' },
    to: 'room',
    buttons: ['captions.leave_out'],
  });
});

test('a language that nobody knows is refused', async () => {
  const [reply] = await runTyped(
    'interpret on',
    saying({ first: 'German', second: 'Klingonese' }),
    { more: { interpreting: { turnOn } } },
  );
  expect(reply).toMatchObject({ id: 'unknown', with: { x: 'Klingonese' } });
});

test('/interpret off is told to the room, also where it could not be saved', async () => {
  const turnOff = async () => ({ kind: 'set', isSaved: false }) as const;
  const [reply] = await runTyped('interpret off', inLounge, {
    more: { interpreting: { turnOff } },
  });
  expect(reply).toMatchObject({
    id: 'interpret.off',
    to: 'room',
    lines: [{ id: 'voice.unsaved' }],
  });
});
