import { expect, test } from 'vitest';
import { ShardOwners } from '#src/shards/shard-owners.ts';
import type { RegistryView, ShardRow } from '#src/shards/shard-registry.ts';

/** A server of shard 1 of two. */
const guildId = `${1n << 22n}`;

function view(lock: ShardRow['lock']): RegistryView {
  const shards = [
    { id: 0, epoch: 1, ownerId: 'one', lock: 'mine', isActive: true },
    { id: 1, epoch: 4, ownerId: 'two', lock, isActive: true },
  ] as const;
  const processes = [
    { id: 'one', name: 'host-1 10', limit: 9 },
    { id: 'two', name: 'host-2 20', limit: 9 },
  ];
  return { serverUpMs: 1, processes, shards };
}

function ownerOf(lock: ShardRow['lock']): string | undefined {
  const owners = new ShardOwners();
  owners.looked(view(lock));
  return owners.of(guildId, 2);
}

test('the owner of a server is the process that holds the lock of its shard', () => {
  expect(ownerOf('other')).toBe('host-2 20');
});

test('a server of this process, of nobody, or of nothing that was looked at has no other owner', () => {
  expect(ownerOf('mine')).toBeUndefined();
  expect(ownerOf('free')).toBeUndefined();
  expect(new ShardOwners().of(guildId, 2)).toBeUndefined();
});
