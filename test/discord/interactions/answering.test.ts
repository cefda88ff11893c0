import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { RestFault } from '#sandbox/rest/rest-faults.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { Command, CommandPorts } from '#src/conversation/command.ts';
import { type Discord, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { text } from '#src/texts/texts.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const soon = () => AbortSignal.timeout(3_000);
const events: DiscordEvent[] = [];

/** Answers everybody or the caller, at once or after it showed as thinking. */
function command(name: string, to: 'room' | 'caller', afterMs: number): Command {
  return {
    name,
    description: 'command.stop',
    shownTo: to,
    options: [],
    async run() {
      await wait(afterMs);
      return [
        { id: 'stop.ok', to },
        { id: 'stop.nothing', to: 'caller' },
      ];
    },
  };
}

const commands = [
  command('aloud', 'room', 0),
  command('aside', 'caller', 0),
  command('slow', 'caller', 600),
];

let opened: { readonly sandbox: Sandbox; readonly bot: Discord } | undefined;
beforeAll(async () => {
  const sandbox = await openSandbox({ voice: silentVoice().half });
  const ports = () => ({ ...openAccess }) as CommandPorts;
  const onEvent = (event: DiscordEvent) => events.push(event);
  const { apiUrl, token, guildId } = sandbox;
  const bot = await openDiscord({ apiUrl, token, guildId, commands, ports, onEvent }, soon());
  opened = { sandbox, bot };
});
afterAll(async () => {
  await opened?.bot[Symbol.asyncDispose]();
  await opened?.sandbox[Symbol.asyncDispose]();
});

function broken(...faults: readonly RestFault[]) {
  if (!opened) throw new Error('the sandbox is not open');
  const { sandbox } = opened;
  for (const fault of faults) sandbox.faults.rest(fault);
  onTestFinished(() => sandbox.faults.heal());
  events.length = 0;
  return sandbox.person('Ann');
}

const callback = { method: 'POST', path: '/interactions/:id/:token/callback' } as const;
const original = '/webhooks/:application/:token/messages/@original';
const edit = { method: 'PATCH', path: original } as const;
const cut = { status: 'cut' } as const;
const failures = () => events.filter(({ kind }) => kind === 'command-failed');

test.each([
  ['aloud', 'before', { ...callback, ...cut }],
  ['aloud', 'after', { ...callback, ...cut, tookEffect: true }],
  ['aside', 'before', { ...callback, ...cut }],
  ['slow', 'before', { ...callback, ...cut }],
  ['slow', 'after', { ...callback, ...cut, tookEffect: true }],
  ['slow', 'before', { ...edit, ...cut }],
  ['slow', 'after', { ...edit, ...cut, tookEffect: true }],
] as const)(
  '/%s whose connection is cut %s it took effect is answered, once',
  async (line, _, fault) => {
    const asked = broken(fault).command(line);
    const answer = await asked.answered(soon());
    expect(answer).toMatchObject({ text: text('stop.ok'), ephemeral: line !== 'aloud' });
    expect(await asked.followed(soon())).toMatchObject({ text: text('stop.nothing') });
    expect([asked.followUps.length, failures()]).toEqual([1, []]);
  },
);

test('a private answer whose confirmation is cut follows in place of the first', async () => {
  const asked = broken({ ...callback, ...cut, tookEffect: true }).command('aside');
  await expect
    .poll(() => asked.followUps.map((shown) => shown.text))
    .toEqual([text('stop.ok'), text('stop.nothing')]);
  expect(asked.followUps.every(({ ephemeral }) => ephemeral)).toBe(true);
  expect(failures()).toEqual([]);
});

test('a message that may have come through is not sent again', async () => {
  const follow = { method: 'POST', path: '/webhooks/:application/:token' } as const;
  const asked = broken({ ...follow, ...cut, tookEffect: true }).command('aloud');
  await expect.poll(failures).toMatchObject([{ kind: 'command-failed', name: 'aloud' }]);
  expect(asked.followUps).toHaveLength(1);
});

test('a network that stays away is told, and nothing hangs', async () => {
  const asked = broken({ ...callback, ...cut, times: Number.POSITIVE_INFINITY }).command('aside');
  await expect.poll(failures).toMatchObject([{ code: 'discord.unreachable' }]);
  expect(asked.ackedAtMs).toBeUndefined();
});
