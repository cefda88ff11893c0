import { BotError } from '#src/base/errors.ts';
import type { JoinOutcome } from '#src/ports/command-ports.ts';
import type { LeaveReason } from './leave-reason.ts';

/** Decision after a link broke or could not be opened. */
export type ReconnectDecision =
  | { readonly kind: 'again'; readonly waitMs: number }
  | { readonly kind: 'over'; readonly why: LeaveReason };

/**
 * Outcome of a failed first try to join, for the caller; `next` is what follows by itself.
 *
 * `restMs`: for how long Discord wants to be left alone.
 */
export function joinFailure(error: unknown, next: ReconnectDecision, restMs: number): JoinOutcome {
  if (!(error instanceof BotError)) return { kind: 'failed', code: 'bug' };
  if (next.kind === 'again') return { kind: again(error), nextTryMs: wholeSeconds(next.waitMs) };
  switch (error.code) {
    case 'link.rate_limited':
      return { kind: 'barred', restMs: wholeSeconds(restMs) };
    case 'link.no_cipher':
    case 'link.no_end_to_end':
      return { kind: 'no-voice' };
    default:
      return { kind: next.why === 'sent-away' ? 'sent-away' : 'refused' };
  }
}

function again({ code }: BotError): 'timeout' | 'resting' | 'lost' | 'offline' {
  if (code === 'link.timeout') return 'timeout';
  if (code === 'link.offline') return 'offline';
  return code === 'link.rate_limited' ? 'resting' : 'lost';
}

/** Time as people read it, in ms. */
function wholeSeconds(ms: number): number {
  return Math.max(1_000, Math.ceil(ms / 1_000) * 1_000);
}
