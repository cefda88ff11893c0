import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { BotError } from '#src/base/errors.ts';
import { toRecordingErrorLine } from '#src/features/tracks/sound-source-error-texts.ts';
import { findMissingVoiceLine, toBudgetLine } from '#src/notices/channel-notices.ts';
import { maxRecordingMs } from '#src/sources/recordings.ts';
import { replaceUtcInstants } from '#src/spending/calendar.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import type { HttpRefusal } from '#src/web/http/http-refusal.ts';

/** A refusal of a request, with status, code and a sentence. Routes throw it, and `createApi` answers with it. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly facts: HttpRefusal;

  constructor(facts: HttpRefusal) {
    super(facts.message);
    this.facts = facts;
  }
}

/** Creates a refusal. `param` names the field at fault. */
export function createRefusal(
  status: ContentfulStatusCode,
  code: string,
  message: string,
  param?: string,
): ApiRefusal {
  return new ApiRefusal({ status, code, message, param });
}

/** Creates the refusal of a request with a mistake in the field `param`. */
export function createInvalidRefusal(message: string, param: string): ApiRefusal {
  return createRefusal(400, 'request.invalid', message, param);
}

/** Creates the refusal for a bot that is in no voice channel. */
export function createNowhereRefusal(): ApiRefusal {
  return createRefusal(
    409,
    'bot.nowhere',
    'The bot is in no voice channel of this server: call it with /join.',
  );
}

/** The first fitting start of a text id counts. */
const refusalsByTextId: readonly (readonly [
  idStart: string,
  status: ContentfulStatusCode,
  code: string,
])[] = [
  ['budget.', 429, 'budget.server'],
  ['ask.dropped', 429, 'answer.busy'],
  ['ask.waited', 429, 'answer.busy'],
  ['ask.late', 504, 'answer.late'],
  ['ask.stopped', 409, 'answer.stopped'],
  ['ask.skipped', 409, 'answer.stopped'],
  ['ask.interrupted', 409, 'answer.stopped'],
  ['ask.lost', 503, 'bot.reconnecting'],
  ['track.bad.too_big', 413, 'sound.too_big'],
  ['track.bad.too_long', 413, 'sound.too_long'],
  ['track.bad.not_a', 400, 'sound.unusable'],
  ['track.bad.gone', 400, 'sound.unusable'],
  ['track.bad.unreachable', 400, 'sound.unusable'],
  ['fail.', 502, 'provider.failed'],
  ['seat.stopped', 503, 'bot.stopping'],
  ['muted.', 409, 'bot.muted'],
  ['say.empty', 422, 'text.unspeakable'],
  ['voice.language.none', 422, 'speech.no_voice'],
  ['captions.only', 409, 'bot.captions_only'],
];

/** Converts the line that people would read to a refusal for a program. */
export function toRefusal(reason: TextLine): ApiRefusal {
  if (reason.id === 'budget.user') {
    return createRefusal(
      429,
      'budget.token',
      `This token has used its budget of today: try again in ${reason.with?.h} h.`,
    );
  }
  if (reason.id === 'budget.rest.person')
    return createRefusal(
      429,
      'budget.token',
      "What is left of this token's budget of today is too little.",
    );
  const [, status, code] = refusalsByTextId.find(([start]) =>
    reason.id.startsWith(start),
  ) ?? ['', 409, 'answer.failed'];
  return createRefusal(
    status,
    code,
    replaceUtcInstants(formatText(reason.id, reason.with)),
  );
}

/** Finds the refusal for an error of the outside world. Undefined for a bug. */
export function findErrorRefusal(error: unknown): ApiRefusal | undefined {
  if (!(error instanceof BotError)) return undefined;
  const { code } = error;
  const fault =
    toRecordingErrorLine(error, maxRecordingMs) ?? findMissingVoiceLine(error);
  if (fault) return toRefusal(fault);
  if (code === 'provider.rate_limited') {
    return createRefusal(
      429,
      code,
      'A speech or chat server is rate-limiting this bot: try again later.',
    );
  }
  const { isContentRefusal, serverMessage, status = 0, takesNoPictures } = error.about;
  const isOfRequest = isContentRefusal || [400, 413, 422].includes(status);
  const serverReason = isOfRequest ? serverMessage : undefined;
  const reason = takesNoPictures ? 'it takes no such pictures.' : serverReason;
  if (reason !== undefined && error.stage === 'think')
    return createRefusal(400, code, `The chat server refused the request: ${reason}`);
  if (code === 'budget.used')
    return toRefusal(toBudgetLine(error.about.cap ?? 'server'));
  if (code.startsWith('store.')) {
    return createRefusal(
      503,
      code,
      'The store cannot be reached: try again, and ask the operator if it stays so.',
    );
  }
  return createRefusal(
    502,
    code,
    `A speech or chat server failed (${code}): the operator's log says more.`,
  );
}

/** Returns the refusal for an error. `onBug` gets errors that are bugs. */
export function reportRefusal(
  error: unknown,
  onBug: (error: unknown) => void,
): ApiRefusal {
  const refusal = error instanceof ApiRefusal ? error : findErrorRefusal(error);
  if (!refusal) onBug(error);
  return (
    refusal ?? createRefusal(500, 'failed', 'That did not work; the log has more.')
  );
}

/** Creates a reporter that ignores errors after the program hung up. */
export function reportWhileConnected(
  onBug: (error: unknown) => void,
  program: AbortSignal,
): (error: unknown) => void {
  return (error) => {
    if (!program.aborted) onBug(error);
  };
}
