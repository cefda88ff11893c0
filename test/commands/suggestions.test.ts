import { commands } from '#commands/commands.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type { Command } from '#src/features/command.ts';
import { adam, inLounge, makePorts } from './command-ports.ts';

const rain = { name: 'bg', percent: 100, isPaused: false, isMuted: false };
const tracks = [{ ...rain, waiting: [{ title: 'sea' }] }];
const open = makePorts({ listTracks: () => tracks, listSounds: async () => ['rain'] });

/** Whether a caller who does not sit in the bot's channel is refused. */
async function isForChannel(command: Command) {
  return (await command.run(adam, open).catch(() => []))[0]?.id === 'perm.room';
}

test('a command that runs in the channel suggests nothing to those who do not sit there', async () => {
  const suggested: string[] = [];
  for (const [line, command] of indexCommandsByLine(commands)) {
    if (!(await isForChannel(command))) continue;
    for (const option of command.options) {
      if (option.kind !== 'text' || !option.suggest) continue;
      const call = { ...inLounge, inputs: { track: 'bg' } };
      const inside = await option.suggest('', call, open);
      if (inside.length > 0) suggested.push(`${line} ${option.name}`);
      expect(
        await option.suggest('', { ...adam, inputs: call.inputs }, open),
        line,
      ).toEqual([]);
    }
  }
  expect(suggested).toEqual(
    expect.arrayContaining([
      'say track',
      'track play sound',
      'track remove item',
      'track stop track',
    ]),
  );
});
