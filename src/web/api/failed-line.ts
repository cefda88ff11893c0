import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { BotError } from '#src/base/errors.ts';
import { recordingErrorText } from '#src/features/tracks/sound-source-error-texts.ts';
import { restLine } from '#src/notices/notice.ts';
import { longestRecordingMs } from '#src/sources/recordings.ts';
import { withUtcInstants } from '#src/spending/calendar.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { ApiRefusal, refusal } from './refusal.ts';

type Ending = readonly [status: ContentfulStatusCode, code: string];

/** Errors for programs by the beginning of a sentence's id; the first that fits counts. */
const endings: readonly (readonly [idStart: string, ...Ending])[] = [
  ['budget.', 429, 'budget.server'],
  ['ask.dropped', 429, 'answer.busy'],
  ['ask.late', 504, 'answer.late'],
  ['track.bad.too_big', 413, 'sound.too_big'],
  ['track.bad.too_long', 413, 'sound.too_long'],
  ['track.bad.not_a', 400, 'sound.unusable'],
  ['track.bad.gone', 400, 'sound.unusable'],
  ['track.bad.unreachable', 400, 'sound.unusable'],
  ['stop.', 409, 'answer.stopped'],
  ['fail.', 502, 'provider.failed'],
  ['seat.stopped', 503, 'bot.stopping'],
  ['panel.reconnecting', 503, 'bot.reconnecting'],
  ['muted.', 409, 'bot.muted'],
  ['say.empty', 422, 'text.unspeakable'],
  ['captions.only', 409, 'bot.captions_only'],
];

/** Refusal for a sentence that people would read. */
export function refusalOf(line: TextLine): ApiRefusal {
  if (line.id === 'budget.user') {
    const message = `This token has used its budget of today: try again in ${line.with?.h} h.`;
    return refusal(429, 'budget.token', message);
  }
  if (line.id === 'budget.rest.person')
    return refusal(
      429,
      'budget.token',
      "What is left of this token's budget of today is too little.",
    );
  const found = endings.find(([start]) => line.id.startsWith(start));
  const [, status, code] = found ?? ['', 409, 'answer.failed'];
  return refusal(status, code, withUtcInstants(text(line.id, line.with)));
}

/** Refusal for a broken outside world, whose details are the operator's; undefined for a bug. */
export function refusalOfError(error: unknown): ApiRefusal | undefined {
  if (!(error instanceof BotError)) return undefined;
  const { code } = error;
  const fault = recordingErrorText(error, longestRecordingMs);
  if (fault) return refusalOf(fault);
  if (code === 'provider.rate_limited') {
    const message = 'A speech or chat server is rate-limiting this bot: try again later.';
    return refusal(429, code, message);
  }
  const { serverWords, status = 0, takesNoPictures } = error.about;
  const blame = [400, 413, 422].includes(status) ? serverWords : undefined;
  const why = takesNoPictures ? 'it takes no such pictures.' : blame;
  if (why !== undefined && error.stage === 'think')
    return refusal(400, code, `The chat server refused the request: ${why}`);
  if (code === 'budget.used') return refusalOf(restLine(error.about.cap));
  if (code.startsWith('store.')) {
    const message = 'The store cannot be reached: try again, and ask the operator if it stays so.';
    return refusal(503, code, message);
  }
  const message = `A speech or chat server failed (${code}): the operator's log says more.`;
  return refusal(502, code, message);
}

/** Refusal for any thrown error; `onBug` is told of one that is no failure of the outside world. */
export function refusalAsReported(error: unknown, onBug: (error: unknown) => void): ApiRefusal {
  const known = error instanceof ApiRefusal ? error : refusalOfError(error);
  if (!known) onBug(error);
  return known ?? refusal(500, 'failed', 'That did not work; the log has more.');
}

/** Passes bugs on to `onBug` while the program is there; after it has hung up, errors follow from that alone. */
export function whileThere(
  onBug: (error: unknown) => void,
  program: AbortSignal,
): (error: unknown) => void {
  return (error) => {
    if (!program.aborted) onBug(error);
  };
}
