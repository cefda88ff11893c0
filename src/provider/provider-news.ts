import type { BotError } from '#src/base/errors.ts';
import type { Breaker, BreakerState } from './breaker.ts';

/** Role of a server. */
export type ProviderRole = 'speech to text' | 'chat' | 'text to speech';

/** State of one provider of a role. */
export type ProviderBreaker = {
  readonly role: ProviderRole;
  readonly provider: string;
  readonly state: BreakerState;
  /** Time in ms until it is tried again, 0: by the next request; absent while it is closed. */
  readonly restMs?: number;
  /** Why it rests. */
  readonly code?: BotError['code'];
};

/** Breaker of a provider, as operators see it. */
export function viewBreaker(
  role: ProviderRole,
  { provider, breaker }: { readonly provider: string; readonly breaker: Breaker },
): ProviderBreaker {
  const { resting, state } = breaker;
  if (!resting) return { role, provider, state };
  return { role, provider, state, restMs: resting.restMs, code: resting.reason.code };
}

export type ProviderNews =
  /** One request failed. */
  | {
      readonly kind: 'failed';
      readonly role: ProviderRole;
      readonly provider: string;
      readonly code: BotError['code'];
      /** Sentence for the operator. */
      readonly message: string;
      /** Error for the log, which leaves out quotations. */
      readonly cause?: unknown;
    }
  /** The first that did not fail after some that had. */
  | { readonly kind: 'mended'; readonly role: ProviderRole; readonly provider: string }
  | {
      readonly kind: 'fallback-on';
      readonly role: ProviderRole;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'fallback-off'; readonly role: ProviderRole; readonly back: string };
