import { expect, test } from 'vitest';
import { knownChannel } from '#sandbox/world/world.ts';
import { createWorld, enterGuild } from '#sandbox/world/world-making.ts';
import { bitsOf, may, mayEnter, permissionBits } from '#sandbox/world/world-permissions.ts';
import { SteppedClock } from './stepped-clock.ts';

const none = { allow: 0n, deny: 0n };

function town() {
  const clock = new SteppedClock();
  const world = createWorld({}, clock);
  const { guild } = world;
  const lounge = knownChannel(guild, 'Lounge');
  const adam = enterGuild(world, guild, 'Adam');
  const role = (name: string, permissions = 0n) => {
    const made = { id: world.ids.next(), name, position: 2, permissions };
    guild.roles = [...guild.roles, made];
    adam.roleIds = [...adam.roleIds, made.id];
    return made;
  };
  const mayAdam = (what: Parameters<typeof may>[3]) =>
    may(world, guild, adam.user.id, what, lounge);
  return { clock, world, guild, lounge, adam, role, mayAdam };
}

test('what a channel takes from everybody it may give back to a role, and take again from a member', () => {
  const { guild, lounge, adam, role, mayAdam } = town();
  const everybody = { id: guild.id, of: 'role', ...none, deny: permissionBits.speak } as const;
  lounge.overwrites = [everybody];
  expect(mayAdam('speak')).toBe(false);
  const speakers = { id: role('speakers').id, of: 'role', allow: permissionBits.speak } as const;
  lounge.overwrites = [{ ...speakers, deny: 0n }, everybody];
  expect(mayAdam('speak')).toBe(true);
  const himself = { id: adam.user.id, of: 'member', ...none, deny: permissionBits.speak } as const;
  lounge.overwrites = [himself, { ...speakers, deny: 0n }, everybody];
  expect(mayAdam('speak')).toBe(false);
});

test('of two roles the one that allows wins over the one that denies, in whatever order', () => {
  const { lounge, role, mayAdam } = town();
  const yes = { id: role('yes').id, of: 'role', ...none, allow: permissionBits.speak } as const;
  const no = { id: role('no').id, of: 'role', ...none, deny: permissionBits.speak } as const;
  for (const overwrites of [
    [yes, no],
    [no, yes],
  ]) {
    lounge.overwrites = overwrites;
    expect(mayAdam('speak')).toBe(true);
  }
});

test('no channel stops an administrator or the owner, and strangers may nothing', () => {
  const { world, guild, lounge, role, mayAdam } = town();
  const deny = bitsOf(['viewChannel', 'connect']);
  lounge.overwrites = [{ id: guild.id, of: 'role', allow: 0n, deny }];
  expect(mayAdam('connect')).toBe(false);
  role('boss', permissionBits.administrator);
  expect(mayAdam('connect')).toBe(true);
  expect(mayEnter(world, guild, guild.ownerId, lounge)).toBe('yes');
  expect(mayEnter(world, guild, '1', lounge)).toBe('forbidden');
});

test('a member who is timed out may look and read until the time is over', async () => {
  const { clock, world, adam, mayAdam } = town();
  adam.timedOutUntilMs = world.clock.wallMs() + 1000;
  expect([mayAdam('viewChannel'), mayAdam('connect'), mayAdam('sendMessages')]).toEqual([
    true,
    false,
    false,
  ]);
  await clock.step(1000);
  expect(mayAdam('connect')).toBe(true);
});
