import type { EnvironmentSettings } from './settings.ts';

/** Both ends are included. */
export type ShardRange = { readonly first: number; readonly last: number };

/** Reads the shards of this process. Undefined means all, and a string is a mistake. */
export function readShardRange(
  {
    SHARDS: count,
    SHARD_RANGE: range,
    SHARDS_PER_PROCESS: size,
  }: Pick<EnvironmentSettings, 'SHARDS' | 'SHARD_RANGE' | 'SHARDS_PER_PROCESS'>,
  hostName: string,
): ShardRange | string | undefined {
  if (size !== undefined && range !== 'auto')
    return 'SHARDS_PER_PROCESS: needs SHARD_RANGE=auto; each process serves a fixed range of shards';
  if (range === undefined) return undefined;
  if (count === 'auto')
    return 'SHARD_RANGE: needs a number in SHARDS, the same in every process';
  if (range !== 'auto') {
    const [first = 0, last = 0] = range.split('-').map(Number);
    if (first <= last && last < count) return { first, last };
    return `SHARD_RANGE: ${range} is no range of the shards 0-${count - 1}`;
  }
  if (size === undefined)
    return 'SHARDS_PER_PROCESS: missing; SHARD_RANGE=auto needs it';
  const [number] = /\d{1,9}$/.exec(hostName) ?? [];
  if (number === undefined)
    return `SHARD_RANGE: auto needs a host name with a number at its end, like parley-0, not ${hostName}`;
  const rangeStart = Number(number) * size;
  if (rangeStart < count)
    return { first: rangeStart, last: Math.min(rangeStart + size, count) - 1 };
  return `SHARD_RANGE: no shard is left for ${hostName}; SHARDS=${count} with ${size} for each process`;
}
