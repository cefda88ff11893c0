import { BotError, type FailureStage } from '#src/base/errors.ts';
import { type ModelNews, settingOf } from '#src/provider/models/models.ts';
import type { TextLine } from '#src/texts/texts.ts';

type CheckedStage = Exclude<FailureStage, 'link'>;

/** Role of a server or engine that is checked. */
export type CheckedRole = {
  readonly point: CheckedStage;
  /** Prefix of its settings, where it is not the usual one. */
  readonly group?: string;
};

/** Prefix of the settings of a role. */
const groups: Readonly<Record<CheckedStage, string>> = {
  recognise: 'TRANSCRIPTION',
  think: 'CHAT_COMPLETION',
  speak: 'SPEECH',
};

/** Failure of a checked role and the advice for it; never the words of the server. */
export function wrongWith(
  { point, group: own }: CheckedRole,
  error: unknown,
  chatName: string,
): TextLine {
  const group = own ?? groups[point];
  const usualProvider = point === 'think' && !own ? chatName : `${group}_BASE_URL`;
  if (!(error instanceof BotError)) return { id: 'check.bug' };
  const { provider = usualProvider } = error.about;
  const known = { provider, group };
  switch (error.code) {
    case 'provider.bad_key':
      return { id: 'fail.key', with: { provider } };
    case 'provider.spent':
      return { id: 'fail.spent', with: { provider } };
    case 'provider.rate_limited':
      return limited(error, provider);
    case 'provider.unreachable':
      return { id: 'check.unreachable', with: known };
    case 'provider.late':
      return { id: 'check.late', with: known };
    case 'provider.refused':
      return { id: 'check.refused', with: known };
    case 'provider.wrong_type':
    case 'provider.empty':
    case 'provider.truncated':
      return { id: 'check.odd', with: known };
    default:
      return { id: 'check.engine' };
  }
}

function limited({ about }: BotError, provider: string): TextLine {
  const s = Math.max(1, Math.ceil((about.retryAfterMs ?? 60_000) / 1000));
  return { id: 'fail.limit', with: { provider, s } };
}

/** News about a model or role, as a line for people who can change the settings. */
export function lineOfNews({
  kind,
  role,
  model,
  onDate = '',
  successor = '',
}: ModelNews): TextLine {
  const setting = settingOf(role);
  const words = { model, setting, date: onDate, successor };
  const instead = successor === '' ? '' : '.successor';
  switch (kind) {
    case 'gone':
    case 'ending':
      return { id: `check.model.${kind}${instead}`, with: words };
    case 'unlisted':
      return { id: 'check.model.unlisted', with: words };
  }
}
