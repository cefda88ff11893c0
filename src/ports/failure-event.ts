import { BotError, type FailureStage } from '#src/base/errors.ts';
import type { SessionEvent, SessionEventListener } from './session-events.ts';

type FailureEvent = Extract<SessionEvent, { kind: 'failed' }>;

/** Event about an error for the operator: one sentence and its cause; for a bug, the error itself. */
export function toFailureEvent(error: unknown, stage: FailureEvent['stage']): FailureEvent {
  if (!(error instanceof BotError)) {
    return { kind: 'failed', stage: 'bug', code: 'bug', message: `${error}`, cause: error };
  }
  const { code, message, cause } = error;
  const because = cause === undefined ? {} : { cause };
  return { kind: 'failed', stage: error.stage ?? stage, code, message, ...because };
}

/** Error of a chat model whose answer has no words. */
export function createEmptyAnswerError(): BotError {
  return new BotError('provider.empty', true, 'The chat model answered without text.');
}

/** Error of a stage that missed its deadline. */
export function createDeadlineError(stage: FailureStage, message: string): BotError {
  return new BotError('answer.late', true, message, undefined, stage);
}

/** A listener that throws nothing: an exception of its own is reported to it as a bug. */
export function toSafeListener(onEvent: SessionEventListener): SessionEventListener {
  return (guildId, event) => {
    try {
      onEvent(guildId, event);
    } catch (cause) {
      const failed = {
        kind: 'failed',
        stage: 'bug',
        code: 'bug',
        message: `${cause}`,
        cause,
      } as const;
      try {
        onEvent(guildId, failed);
      } catch {
        // There is no other listener.
      }
    }
  };
}
