import { BotError } from '#src/base/errors.ts';
import type { SessionEvent } from './events.ts';

type Failed = Extract<SessionEvent, { kind: 'failed' }>;

/** What the operator is told of an error: one sentence, and for a bug its cause. */
export function failureOf(error: unknown, stage: Failed['stage']): Failed {
  if (!(error instanceof BotError)) {
    return { kind: 'failed', stage: 'bug', code: 'bug', message: `${error}`, cause: error };
  }
  const { code, message } = error;
  return { kind: 'failed', stage: error.stage ?? stage, code, message };
}
