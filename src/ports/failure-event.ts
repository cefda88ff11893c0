import { BotError, type FailureStage } from '#src/base/errors.ts';
import { admitError } from '#src/base/logged-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SessionEvent, SessionEventListener } from './session-events.ts';

type FailureEvent = Extract<SessionEvent, { kind: 'failed' }>;

/** Turns an error into an event. Bugs keep the error as cause. */
export function toFailureEvent(
  error: unknown,
  stage: FailureEvent['stage'],
): FailureEvent {
  // Any other error is a mistake of ours.
  if (!(error instanceof BotError)) return toBugEvent(error);
  const { code, cause } = error;
  const message = admitError(error);
  const details = cause === undefined ? {} : { cause };
  return { kind: 'failed', stage: error.stage ?? stage, code, message, ...details };
}

function toBugEvent(cause: unknown): FailureEvent {
  return {
    kind: 'failed',
    stage: 'bug',
    code: 'bug',
    message: admitError(cause),
    cause,
  };
}

/** Creates the error of a chat model that answered without a word. It may be retried. */
export function createEmptyAnswerError(): BotError {
  return new BotError('provider.empty', true, 'The chat model answered without text.');
}

/** Creates the error of work that passed its deadline in `stage`. */
export function createDeadlineError(stage: FailureStage, message: string): BotError {
  return new BotError('answer.late', true, message, undefined, stage);
}

/** Wraps a listener so that its exceptions are reported to it as bugs. */
export function toSafeListener(onEvent: SessionEventListener): SessionEventListener {
  return (guildId, event) => {
    try {
      onEvent(guildId, event);
    } catch (cause) {
      try {
        onEvent(guildId, toBugEvent(cause));
      } catch {
        // There is no other listener.
      }
    }
  };
}

/** Tells people how many seconds to wait for a provider's rate limit, at least one. */
export function toRateLimitLine(retryAfterMs = 60_000): TextLine {
  const s = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { id: 'fail.limit', with: { s } };
}
