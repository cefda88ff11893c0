import type { Ownership } from './ownership-state.ts';
import type { RegistryView } from './shard-registry.ts';

/** What an operator reads of shards. */
export type ShardNews =
  /** Every shard is served by other processes. */
  | { readonly kind: 'waiting'; readonly count: number; readonly processes: number }
  /** Nobody may take these. */
  | { readonly kind: 'unserved'; readonly count: number; readonly free: number }
  | { readonly kind: 'taken'; readonly shardId: number; readonly epoch: number }
  /** The session could not be resumed: the former owner may still be connected. */
  | { readonly kind: 'unfenced'; readonly shardId: number; readonly waitMs: number }
  | { readonly kind: 'served'; readonly shardId: number; readonly tookMs: number }
  | { readonly kind: 'stopped'; readonly shardId: number; readonly why: string }
  | { readonly kind: 'away' | 'failed'; readonly shardId?: number; readonly error: unknown };

/** What there is to say of this process's share; undefined: nothing. */
export function shareNews(
  { shards: { size }, limit }: Ownership,
  { shards, processes }: RegistryView,
): ShardNews | undefined {
  const free = shards.filter(({ lock }) => lock === 'free').length;
  const count = shards.length;
  if (size > 0 && size >= limit && free > 0) return { kind: 'unserved', count, free };
  if (size > 0 || free > 0) return undefined;
  return { kind: 'waiting', count, processes: processes.length };
}
