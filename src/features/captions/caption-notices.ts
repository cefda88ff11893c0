import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { speakable } from '#src/chat/text/speakable.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type {
  LiveCaptions,
  LiveCaptionsTrouble,
} from '#src/features/captions/live/live-captions.ts';
import { spokenText, writtenText } from '#src/notices/localized-text.ts';
import { openText } from '#src/people/confidential-text.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { captionsKept } from '#src/texts/captions-kept.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { captionsDays } from './caption-settings.ts';

/** Longest wait, in ms, until the notice was said; then people have it in writing only. */
const longestSayMs = 8_000;

/** Buttons under the notice: agree, refuse, leave out. */
export const noticeButtons = ['consent.always', 'consent.never', 'captions.leave_out'] as const;

/**
 * Announces captions in writing and, unless people heard it already, aloud; resolves when the notice was said, or could not
 * be.
 */
export async function notifyEverybody(
  context: SessionContext,
  live: LiveCaptions,
  isAnnounced: boolean,
  signal: AbortSignal,
): Promise<void> {
  writeNotice(context, live, 'notice', noticeButtons);
  if (!isAnnounced) await sayNotice(context, signal);
}

/** Says it to its end. */
async function sayNotice(context: SessionContext, signal: AbortSignal): Promise<void> {
  const { channel, parts, queue, settings } = context;
  const said = Promise.withResolvers<void>();
  const late = new AbortController();
  const { language } = settings();
  const words = spokenText({ id: 'captions.on' }, channel.guildId, parts, language);
  const clauses = [openText(speakable(words))];
  const ends = { signal: late.signal, onOver: () => said.resolve() };
  const reading = { kind: 'reading', clauses, when: 'now', interruptible: false } as const;
  if (queue.read({ ...reading, ...ends }).kind !== 'added') return;
  const unsaid = () => new Error('the notice was not said in time');
  const saying = unlessAborted(said.promise, signal);
  await within(saying, longestSayMs, parts.clock, unsaid).catch((why) => late.abort(why));
}

/** Writes what happens to what is said, in a message of this key. */
export function writeNotice(
  context: SessionContext,
  live: LiveCaptions,
  key: string,
  buttons: readonly string[],
): void {
  const { of } = context.settings();
  const days = of(captionsDays);
  const lines: readonly TextLine[] = [
    { id: 'captions.notice' },
    captionsKept(days),
    { id: 'captions.notice.readers' },
  ];
  const { channel, parts } = context;
  const text = lines.map((line) => writtenText(line, channel.guildId, parts)).join('\n');
  live.post({ key, text, urgency: 'whole', buttons });
}

const causes: Readonly<Record<LiveCaptionsTrouble, string>> = {
  gone: 'The channel or thread for captions no longer exists: captions are not shown.',
  forbidden: 'The bot may no longer write in the channel or thread for captions.',
  refused: 'Discord refused a message with captions.',
};

/** Reports to the operator and the people of a channel, once, that captions cannot be shown or saved. */
export class CaptionFailureNotices {
  readonly #context: SessionContext;
  #isUnsaved = false;
  #reportedRefused = false;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  unshown(kind: LiveCaptionsTrouble): void {
    const { channel, notice, parts } = this.#context;
    const error = new BotError('discord.unsent', false, causes[kind]);
    parts.onEvent(channel.guildId, failureEventOf(error, 'store'));
    if (kind !== 'refused') notice({ id: 'captions.no_place' });
    else if (!this.#reportedRefused) notice({ id: 'captions.unsaved' });
    this.#reportedRefused = true;
  }

  unsaved(error: unknown): void {
    const { channel, notice, parts } = this.#context;
    if (this.#isUnsaved) return;
    this.#isUnsaved = true;
    parts.onEvent(channel.guildId, failureEventOf(error, 'store'));
    notice({ id: 'captions.unsaved' });
  }

  saved(): void {
    this.#isUnsaved = false;
  }
}
