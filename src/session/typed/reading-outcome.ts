import type { TurnAdded } from '#src/session/queue/turn-queue.ts';

/** What whoever had something read out learns of its place in the queue. */
type ReadingPlace =
  | { readonly kind: 'queued'; readonly ahead: number }
  | Extract<TurnAdded, { readonly kind: 'full' | 'muted' }>
  | { readonly kind: 'nowhere' };

export function readingOutcome(added: TurnAdded): ReadingPlace {
  switch (added.kind) {
    case 'added':
      return { kind: 'queued', ahead: added.ahead };
    case 'full':
    case 'muted':
      return added;
    case 'closed':
      return { kind: 'nowhere' };
  }
}
