import type { BotError } from '#src/base/errors.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Text of a failure for people; the log has its own sentence. */
export function failureText(
  { about, code, stage }: BotError,
  { chatName }: SessionDependencies,
): TextLine {
  const { provider = chatName, retryAfterMs } = about;
  if (code === 'budget.used') return { id: 'budget.rest' };
  if (code === 'provider.bad_key') return { id: 'fail.key', with: { provider } };
  if (code === 'provider.spent') return { id: 'fail.spent', with: { provider } };
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined) {
    return { id: 'fail.limit', with: { provider, s: Math.max(1, Math.ceil(retryAfterMs / 1000)) } };
  }
  if (stage === 'recognise') return { id: 'fail.stt' };
  return { id: 'fail.llm', with: { provider } };
}
