import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { byLine } from '#src/discord/interactions/slashes.ts';

test('commands that end, silence or refuse something are never limited', () => {
  const unlimited = [...byLine(commands)].filter(([, command]) => command.isNeverLimited);
  expect(unlimited.map(([line]) => line)).toEqual([
    'leave',
    'stop',
    'track pause',
    'track skip',
    'track stop',
    'track mute',
    'captions off',
    'privacy deny',
    'privacy pause',
    'privacy forget',
  ]);
});

test('buttons that end, silence or refuse something are never limited', () => {
  const unlimited = buttons.filter((button) => button.isNeverLimited);
  expect(unlimited.map(({ name }) => name)).toEqual([
    'stop',
    'pause',
    'track.pause',
    'track.skip',
    'captions',
    'captions.leave_out',
    'consent.never',
    'confirm',
  ]);
});

test('a stop, a no and a leave are open to everybody, whatever roles the server asks for', () => {
  const lines = byLine(commands);
  for (const line of ['stop', 'leave', 'privacy deny', 'privacy pause', 'privacy forget'])
    expect(lines.get(line)).toMatchObject({ isForEverybody: true });
  const pressed = buttons.filter(({ isForEverybody }) => isForEverybody).map(({ name }) => name);
  expect(pressed).toEqual(expect.arrayContaining(['stop', 'consent.never', 'captions.leave_out']));
});
