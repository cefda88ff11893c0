import { expect, test } from 'vitest';
import { registerCommands } from '#src/discord/registration.ts';
import type { Command } from '#src/session/command.ts';

const join: Command = {
  name: 'join',
  shownTo: 'room',
  description: 'command.join',
  options: [{ name: 'channel', description: 'command.join.channel', kind: 'voice-channel' }],
  run: async () => [{ id: 'join.none', to: 'caller' }],
};

/** A REST that keeps what is put, as Discord gives it back: with ids and without defaults. */
function discord(refuse = false) {
  const put: string[] = [];
  let stored: unknown[] = [];
  return {
    put,
    rest: {
      get: async () => {
        if (refuse) throw new Error('403');
        return stored;
      },
      put: async (route: string, { body }: { readonly body: unknown }) => {
        put.push(route);
        const bodies = JSON.parse(JSON.stringify(body)) as Array<{ options: Array<object> }>;
        stored = bodies.map((each, n) => ({
          ...each,
          id: `${n}`,
          version: '1',
          dm_permission: true,
          options: each.options.map((option) => ({ ...option, required: undefined })),
        }));
      },
    },
  };
}

test('commands are written once, and then only when they change', async () => {
  const { rest, put } = discord();
  const scope = { applicationId: '1', guildId: '2' };
  expect(await registerCommands(rest, scope, [join])).toBe(true);
  expect(await registerCommands(rest, scope, [join])).toBe(false);
  const renamed = { ...join, name: 'come' };
  expect(await registerCommands(rest, scope, [renamed])).toBe(true);
  expect(put).toEqual(Array(2).fill('/applications/1/guilds/2/commands'));
});

test('without a server id the commands appear everywhere', async () => {
  const { rest, put } = discord();
  await registerCommands(rest, { applicationId: '1' }, [join]);
  await registerCommands(rest, { applicationId: '1' }, [join]);
  expect(put).toEqual(['/applications/1/commands']);
});

test('where Discord does not tell its commands, ours are written', async () => {
  const { rest, put } = discord(true);
  expect(await registerCommands(rest, { applicationId: '1' }, [join])).toBe(true);
  expect(put).toHaveLength(1);
});
