import { MessageFlags } from 'discord.js';
import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { type Asked, CommandDesk } from '#src/discord/interactions.ts';
import type { Call, Command, CommandPorts } from '#src/session/command.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from './stepped-timing.ts';

const call: Call = {
  guildId: 'g',
  callerId: 'u',
  callerName: 'Ann',
  mayManage: false,
  callerLocale: 'en',
  words: {},
};
const ports = { rooms: {} } as CommandPorts;
const joined = [
  { id: 'join.ok', with: { channel: 'Lobby' }, to: 'room' },
  { id: 'join.consent', to: 'caller' },
] as const;

/** A desk with one command, and a notebook of what was said to Discord. */
function open(run: Command['run'], failing: readonly string[] = []) {
  const timing = new SteppedTiming();
  const said: Array<readonly [string, string?]> = [];
  const events: DiscordEvent[] = [];
  const say = (how: string) => async (message?: { content: string; flags?: MessageFlags }) => {
    const isPrivate = message?.flags === MessageFlags.Ephemeral;
    const words = isPrivate ? `(private) ${message?.content}` : message?.content;
    if (failing.includes(how)) throw new Error('Unknown interaction');
    said.push(words === undefined ? [how] : [how, words]);
  };
  const desk = new CommandDesk({
    commands: [{ name: 'join', description: 'command.join', shownTo: 'room', options: [], run }],
    ports,
    timing,
    tell: (event) => events.push(event),
  });
  const asked = (id = '1', commandName = 'join'): Asked => ({
    id,
    commandName,
    reply: say('reply'),
    deferReply: say('defer'),
    editReply: say('edit'),
    deleteReply: say('delete'),
    followUp: say('follow'),
  });
  return { desk, asked, timing, said, events };
}

test('the first reply answers the command, the others follow it, private ones privately', async () => {
  const { desk, asked, said } = open(async () => joined);
  await desk.answer(asked(), call);
  expect(said).toEqual([
    ['reply', text('join.ok', { channel: 'Lobby' })],
    ['follow', `(private) ${text('join.consent')}`],
  ]);
});

test('a command that needs longer than 250 ms shows as thinking, and is answered in that place', async () => {
  const slow = Promise.withResolvers<typeof joined>();
  const { desk, asked, timing, said } = open(() => slow.promise);
  const answering = desk.answer(asked(), call);
  timing.passMs(249);
  expect(said).toEqual([]);
  timing.passMs(1);
  slow.resolve(joined);
  await answering;
  expect(said.map(([how]) => how)).toEqual(['defer', 'edit', 'follow']);
});

test('a private answer that comes late does not appear in public', async () => {
  const slow = Promise.withResolvers<readonly [{ id: 'join.none'; to: 'caller' }]>();
  const { desk, asked, timing, said } = open(() => slow.promise);
  const answering = desk.answer(asked(), call);
  timing.passMs(250);
  slow.resolve([{ id: 'join.none', to: 'caller' }]);
  await answering;
  expect(said.map(([how]) => how)).toEqual(['defer', 'delete', 'follow']);
  expect(said[2]?.[1]).toContain('(private)');
});

test('a command that fails is answered with a code and reported', async () => {
  const error = new BotError('link.lost', true, 'gone');
  const { desk, asked, said, events } = open(() => {
    throw error;
  });
  await desk.answer(asked(), call);
  expect(said).toEqual([['reply', `(private) ${text('generic', { code: 'link.lost' })}`]]);
  expect(events[0]).toEqual({ kind: 'command-failed', name: 'join', code: 'link.lost', error });
});

test('a command that never ends is answered after a minute', async () => {
  const { desk, asked, timing, said } = open(() => new Promise(() => {}));
  const answering = desk.answer(asked(), call);
  timing.passMs(60_000);
  await answering;
  expect(said.at(-1)?.[1]).toContain('internal');
});

test('an interaction delivered twice is answered once, an unknown one not at all', async () => {
  const { desk, asked, said } = open(async () => [{ id: 'join.none', to: 'caller' }]);
  await Promise.all([desk.answer(asked('1'), call), desk.answer(asked('1'), call)]);
  await desk.answer(asked('2', 'dance'), call);
  expect(said).toHaveLength(1);
});

test('an answer Discord does not take is reported and throws nothing', async () => {
  const { desk, asked, events } = open(async () => joined, ['reply']);
  await desk.answer(asked(), call);
  expect(events).toMatchObject([{ kind: 'command-failed', code: 'discord.unreachable' }]);
});

test('names are shown as they are, not read as markdown', async () => {
  const { desk, asked, said } = open(async () => [
    { id: 'join.ok', with: { channel: '**loud**' }, to: 'room' },
  ]);
  await desk.answer(asked(), call);
  expect(said[0]?.[1]).toContain('\\*\\*loud\\*\\*');
});
