import { expect, test } from 'vitest';
import type { Command, CommandGroup, MessageCommand } from '#src/conversation/command.ts';
import {
  isChange,
  readCommandIds,
  registerCommands,
} from '#src/discord/interactions/registration.ts';
import { bodyOf } from '#src/discord/interactions/registration-body.ts';
import { readTranslations, text } from '#src/texts/texts.ts';

const join: Command = {
  name: 'join',
  shownTo: 'room',
  description: 'command.join',
  options: [{ name: 'channel', description: 'command.join.channel', kind: 'voice-channel' }],
  run: async () => [{ id: 'join.none', to: 'caller' }],
};

const about: MessageCommand = {
  label: 'ask.about',
  shownTo: 'caller',
  run: async () => [{ id: 'ask.about.nothing', to: 'caller' }],
};

const privacy: CommandGroup = {
  name: 'privacy',
  description: 'command.privacy',
  commands: [
    {
      name: 'allow',
      shownTo: 'caller',
      description: 'command.privacy.allow',
      options: [
        {
          name: 'for',
          description: 'command.say.model',
          kind: 'choice',
          values: ['always', 'today'],
        },
      ],
      run: async () => [{ id: 'privacy.allowed', to: 'caller' }],
    },
  ],
};

const say: Command = {
  name: 'say',
  shownTo: 'caller',
  description: 'command.say',
  options: [
    {
      name: 'voice',
      description: 'command.say.voice',
      kind: 'text',
      maxChars: 50,
      suggest: async () => [],
    },
    {
      name: 'text',
      description: 'command.say.text',
      kind: 'text',
      maxChars: 1_000,
      required: true,
    },
  ],
  run: async () => [{ id: 'say.now', to: 'caller' }],
};

/** A REST that keeps what is put, as Discord gives it back: with ids and without what is default. */
function discord(refuse = false) {
  const put: string[] = [];
  let stored: Array<Record<string, unknown>> = [];
  const get = async (_: string, { query }: { readonly query: URLSearchParams }) => {
    if (refuse) throw new Error('403');
    const withWords = query.get('with_localizations') === 'true';
    return stored.map(({ description_localizations: words, ...each }, n) => ({
      ...each,
      ...(withWords && { description_localizations: words }),
      id: `${n}`,
      version: '1',
      dm_permission: true,
    }));
  };
  const write = async (route: string, { body }: { readonly body: unknown }) => {
    put.push(route);
    stored = JSON.parse(JSON.stringify(body));
    return stored.map((each, n) => ({ ...each, id: `${n}` }));
  };
  return { put, rest: { get, put: write }, stored: () => stored };
}

const here = { applicationId: '1', guildId: '2' };

test('commands are written once, and then only when something of them changes', async () => {
  const { rest, put } = discord();
  const all = [join, privacy, say];
  expect(isChange(await registerCommands(rest, here, all))).toBe(true);
  expect(isChange(await registerCommands(rest, here, all))).toBe(false);
  const renamed = { ...join, name: 'come' };
  expect(await registerCommands(rest, here, [renamed, privacy, say])).toEqual({
    added: ['come'],
    changed: [],
    removed: ['join'],
  });
  expect(put).toEqual(Array(2).fill('/applications/1/guilds/2/commands'));
});

test('ids of slash commands are known once they are written, read again, or asked for', async () => {
  const { rest } = discord();
  const written = new Map<string, string>();
  const entries = [join, about, privacy];
  await registerCommands(rest, here, entries, written);
  expect([...written]).toEqual([
    ['join', '0'],
    ['privacy', '2'],
  ]);
  const [again, asked] = [new Map<string, string>(), new Map<string, string>()];
  await registerCommands(rest, here, entries, again);
  await readCommandIds(rest, here, asked);
  expect([again, asked]).toEqual([written, written]);
});

test('a choice, a length or a sentence that changed is noticed deep inside a group', async () => {
  const { rest } = discord();
  const changed = ['privacy'];
  const [allow] = privacy.commands;
  const [option] = allow?.options ?? [];
  if (!allow || option?.kind !== 'choice') throw new Error('no such command');
  await registerCommands(rest, here, [privacy]);
  const longer = { ...allow, options: [{ ...option, values: ['always', 'today', 'once'] }] };
  const other = { ...allow, options: [{ ...option, description: 'command.help' as const }] };
  for (const commands of [[longer], [other], [allow, { ...allow, name: 'deny' }]]) {
    expect(await registerCommands(rest, here, [{ ...privacy, commands }])).toMatchObject({
      changed,
    });
  }
});

test('options say what they take, and those that must be filled stand first', async () => {
  const { rest, stored } = discord();
  await registerCommands(rest, here, [say, privacy]);
  expect(stored()).toMatchObject([
    {
      name: 'say',
      description_localizations: {
        de: text('command.say', {}, 'de'),
        'es-419': text('command.say', {}, 'es'),
        ja: text('command.say', {}, 'ja'),
      },
      options: [
        { name: 'text', type: 3, required: true, max_length: 1_000 },
        { name: 'voice', type: 3, max_length: 50, autocomplete: true },
      ],
    },
    {
      name: 'privacy',
      options: [
        {
          name: 'allow',
          type: 1,
          options: [{ name: 'for', type: 3, choices: [{ value: 'always' }, { value: 'today' }] }],
        },
      ],
    },
  ]);
});

test('numbers are bounded, what is true or false is ticked, and a changed bound is noticed', async () => {
  const { rest, stored } = discord();
  const level = { name: 'level', description: 'command.help', kind: 'number', least: 0 } as const;
  const loop = { name: 'loop', description: 'command.help', kind: 'truth' } as const;
  await registerCommands(rest, here, [{ ...join, options: [{ ...level, most: 200 }, loop] }]);
  expect(stored()).toMatchObject([
    {
      options: [
        { name: 'level', type: 4, min_value: 0, max_value: 200 },
        { name: 'loop', type: 5 },
      ],
    },
  ]);
  const louder = { ...join, options: [{ ...level, most: 300 }, loop] };
  expect(await registerCommands(rest, here, [louder])).toMatchObject({ changed: ['join'] });
});

test('without a server id the commands appear everywhere, but not in direct messages', async () => {
  const { rest, put, stored } = discord();
  await registerCommands(rest, { applicationId: '1' }, [join]);
  await registerCommands(rest, { applicationId: '1' }, [join]);
  expect(put).toEqual(['/applications/1/commands']);
  expect(stored()).toMatchObject([{ contexts: [0] }]);
});

test('a command that is for managers alone is hidden from others, a group once all of it is', async () => {
  const { rest, stored } = discord();
  const managers: Command = { ...join, name: 'managers', needsManageServer: true };
  const mixed = { ...privacy, commands: [...privacy.commands, managers] };
  const all = { ...privacy, name: 'all', commands: [managers] };
  await registerCommands(rest, here, [managers, mixed, all]);
  const rights = stored().map((one) => one.default_member_permissions);
  expect(rights).toEqual(['32', undefined, '32']);
  const { needsManageServer: _, ...open } = managers;
  expect(await registerCommands(rest, here, [open, mixed, all])).toMatchObject({
    changed: ['managers'],
  });
});

test('where Discord does not tell its commands, ours are written', async () => {
  const { rest, put } = discord(true);
  expect(isChange(await registerCommands(rest, { applicationId: '1' }, [join]))).toBe(true);
  expect(put).toHaveLength(1);
});

test('an entry of the menu of messages has a name in every language, and takes no words', async () => {
  const ask: Command = {
    ...join,
    name: 'ask',
    options: [{ name: 'recording', description: 'command.ask.recording', kind: 'sound' }],
  };
  const bodies = [about, ask].map((one) => bodyOf(one, true, readTranslations()));
  expect(bodies).toMatchObject([
    { type: 3, name: 'Ask about this', name_localizations: { de: text('ask.about', {}, 'de') } },
    { type: 1, name: 'ask', options: [{ name: 'recording', type: 11 }] },
  ]);
  expect(bodies[0]).not.toHaveProperty('description');
  expect(bodies[0]).not.toHaveProperty('options');
});
