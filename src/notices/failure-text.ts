import type { BotError, BudgetCap, FailureStage } from '#src/base/errors.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A token is told of its own share by the HTTP interface. */
const rests = {
  person: 'budget.rest.person',
  token: 'budget.rest.person',
  server: 'budget.rest.server',
  all: 'budget.rest.server',
} as const satisfies Readonly<Record<BudgetCap, string>>;

/** Text of a failure for people; the log has its own sentence. */
export function failureText(
  { about, code, stage }: BotError,
  { chatName }: { readonly chatName: string },
): TextLine {
  const { cap, provider = chatName, retryAfterMs } = about;
  if (code === 'budget.used') return restLine(cap);
  if (code === 'provider.bad_key' || code === 'provider.spent')
    return { id: 'fail.key', with: { provider } };
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined) {
    return { id: 'fail.limit', with: { provider, s: Math.max(1, Math.ceil(retryAfterMs / 1000)) } };
  }
  if (stage === 'recognise') return { id: 'fail.stt' };
  return { id: 'fail.llm', with: { provider } };
}

/** Says which cap leaves too little for a request. */
export function restLine(cap: BudgetCap = 'server'): TextLine {
  return { id: rests[cap] };
}

/** A stage that fails, a deadline of one that was missed, a key that is refused, a voice that is gone, or a language (BCP 47) that no voice speaks. */
export type ChannelFailure = FailureStage | 'deadline' | 'key' | `no voice ${string}`;
