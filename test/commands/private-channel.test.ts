import { buttons } from '#commands/buttons.ts';
import { commands, helpCommand } from '#commands/commands.ts';
import { leave } from '#commands/leave.ts';
import { type ChannelId, toChannelId } from '#src/base/ids.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type { CommandCall } from '#src/features/command.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { callAs, den, inLounge, lounge, makePorts } from './command-ports.ts';

/** Words that fit most options. */
const inputs = {
  text: 'Hi',
  question: 'Why?',
  track: 'main',
  item: '1',
  to: '10',
  level: '50',
};
const outside: CommandCall = {
  ...callAs({ channel: den }),
  placeId: toChannelId('general'),
  inputs,
};
/** The bot sits in the Lounge with others, and the caller may not enter it. */
const closed = () =>
  makePorts({
    findChannelFacts: ({ channelId }) => ({
      ...healthyFacts,
      callerMayEnter: channelId !== 'lounge',
    }),
    join: async () => ({ kind: 'busy', other: lounge }),
    help: { talk: { people: [] } },
  });

test.each([...indexCommandsByLine(commands)])(
  '/%s does not tell the name of a channel that the caller may not enter',
  async (_line, command) => {
    const replies = await command.run(outside, closed());
    expect(JSON.stringify(replies)).not.toContain('Lounge');
  },
);

test.each(buttons.map((button) => [button.name, button]))(
  'a press on %s does not tell the name of a channel that the presser may not enter',
  async (_name, button) => {
    const press = { ...outside, inputs: { about: 'main' } };
    expect(JSON.stringify(await button.run(press, closed()))).not.toContain('Lounge');
  },
);

test('a person who may not enter the channel of the bot reads what they can do instead', async () => {
  const lines = indexCommandsByLine(commands);
  for (const line of ['join', 'say', 'stop', 'leave', 'track list', 'captions on']) {
    const [reply] = (await lines.get(line)?.run(outside, closed())) ?? [];
    expect(reply).toEqual({ id: 'perm.room.closed' });
  }
  expect((await helpCommand.run(outside, closed()))[0].id).toBe('perm.room.closed');
});

test('/leave is told to all who read it only in the chat of the channel that was left', async () => {
  const audienceIn = async (placeId: ChannelId) =>
    (await leave.run({ ...inLounge, placeId }, makePorts()))[0].to;
  expect(await audienceIn(toChannelId('lounge'))).toBe('room');
  expect(await audienceIn(toChannelId('general'))).toBe('caller');
  const call = callAs({ channel: den, mayManage: true });
  expect(
    await leave.run({ ...call, placeId: toChannelId('general') }, closed()),
  ).toEqual([{ id: 'confirm.done' }]);
});
