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
const makeClosedPorts = () =>
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
    const replies = await command.run(outside, makeClosedPorts());
    expect(JSON.stringify(replies)).not.toContain('Lounge');
  },
);

test.each(buttons.map((button) => [button.name, button]))(
  'a press on %s does not tell the name of a channel that the presser may not enter',
  async (_name, button) => {
    const press = { ...outside, inputs: { about: 'main' } };
    expect(JSON.stringify(await button.run(press, makeClosedPorts()))).not.toContain(
      'Lounge',
    );
  },
);

test('a person who may not enter the channel of the bot reads what they can do instead', async () => {
  const lines = indexCommandsByLine(commands);
  for (const line of ['join', 'say', 'stop', 'leave', 'track list', 'captions on']) {
    const [reply] = (await lines.get(line)?.run(outside, makeClosedPorts())) ?? [];
    expect(reply).toEqual({ id: 'perm.room.closed' });
  }
  expect((await helpCommand.run(outside, makeClosedPorts()))[0].id).toBe(
    'perm.room.closed',
  );
});

test('/leave is told to all who read it only where all of them may enter the channel that was left', async () => {
  const audienceIn = async (placeId: ChannelId, isNoWider: boolean) => {
    const ports = makePorts({ isNoWider: () => isNoWider });
    return (await leave.run({ ...inLounge, placeId }, ports))[0].to;
  };
  expect(await audienceIn(toChannelId('lounge'), false)).toBe('room');
  expect(await audienceIn(toChannelId('general'), true)).toBe('room');
  expect(await audienceIn(toChannelId('general'), false)).toBe('caller');
  const call = callAs({ channel: den, mayManage: true });
  expect(
    await leave.run({ ...call, placeId: toChannelId('general') }, makeClosedPorts()),
  ).toEqual([{ id: 'confirm.done' }]);
});
