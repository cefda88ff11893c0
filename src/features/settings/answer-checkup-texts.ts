import { BotError } from '#src/base/errors.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Failure of a checked role; never the words of the server. */
export function wrongWith(error: unknown, chatName: string): TextLine {
  if (!(error instanceof BotError)) return { id: 'check.bug' };
  const { provider = chatName } = error.about;
  switch (error.code) {
    case 'provider.bad_key':
    case 'provider.spent':
      return { id: 'fail.key', with: { provider } };
    case 'provider.rate_limited':
      return limited(error, provider);
    case 'provider.unreachable':
      return { id: 'check.unreachable', with: { provider } };
    case 'provider.late':
      return { id: 'check.late' };
    case 'provider.refused':
      return { id: 'check.refused', with: { provider } };
    case 'provider.wrong_type':
    case 'provider.empty':
    case 'provider.truncated':
      return { id: 'check.odd' };
    default:
      return { id: 'check.bug' };
  }
}

function limited({ about }: BotError, provider: string): TextLine {
  const s = Math.max(1, Math.ceil((about.retryAfterMs ?? 60_000) / 1000));
  return { id: 'fail.limit', with: { provider, s } };
}

/** News about a model, as a line for people who can change the settings. */
export function lineOfNews({ kind, model, onDate = '' }: ModelNews): TextLine {
  if (kind === 'unlisted') return { id: `check.model.${kind}`, with: { model } };
  return { id: 'check.model.ending', with: { model, date: onDate } };
}
