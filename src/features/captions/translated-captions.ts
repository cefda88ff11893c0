import { failureOf } from '#src/conversation/alerts/failure.ts';
import type { SessionContext } from '#src/conversation/context.ts';
import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { MessagePlace } from '#src/conversation/ports/desired-message.ts';
import { CaptionLayout } from '#src/features/captions/live/caption-layout.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { CaptionMessages } from './caption-messages.ts';
import { captionsChannelId } from './caption-settings.ts';
import { captionTexts } from './caption-texts.ts';
import { peopleIn, type TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';
import { Translator } from './translator.ts';
import { shownLine } from './utterance-lines.ts';

export type TranslatedCaptionsOptions = {
  readonly live: CaptionMessages;
  readonly recorder: TranscriptRecorder;
  /** A message of a thread of its own shows translations now. */
  readonly onPosted: (place: MessagePlace) => void;
  readonly onTranslated: (number: number, text: string, language: string) => void;
  /** Lines are not translated into a language of readers, for this reason. */
  readonly onUntranslated: (language: string, line: TextLine) => void;
};

/** Texts that say why nothing is translated. */
const failures: ReadonlySet<string> = new Set([
  'captions.translate.off',
  'captions.translate.none',
]);

/**
 * Translations of the captions of one session, while a person wants them: below their line in the chat of a voice channel,
 * which has no threads, else in a thread for each language; and for readers of pages, each in their own language. They are
 * shown, and not kept. Never throws.
 */
export class TranslatedCaptions {
  readonly #context: SessionContext;
  readonly #options: TranslatedCaptionsOptions;
  /** Threads by language; undefined where it could not be opened: then translations stand below their line. */
  readonly #threads = new Map<string, Promise<CaptionMessages | undefined>>();
  /** Those that are open. */
  readonly #open: CaptionMessages[] = [];
  /** Language of the chat. */
  #language: string | undefined;
  /** Languages of readers. */
  #others: ReadonlySet<string> = new Set();
  readonly #translators = new Map<string, Translator>();

  constructor(context: SessionContext, options: TranslatedCaptionsOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Language into which what is said from now on is translated, BCP 47; undefined: into none. */
  into(language: string | undefined): void {
    if (language === this.#language) return;
    this.#language = language;
    this.#languagesChanged();
  }

  /** Languages into which readers have what is said from now on translated. */
  alsoInto(languages: ReadonlySet<string>): void {
    this.#others = languages;
    this.#languagesChanged();
  }

  /** A line is over. */
  add(line: TranscriptLine): void {
    for (const translator of this.#translators.values()) translator.add(line);
  }

  /** Lines are forgotten, and their translations with them. */
  remove(numbers: readonly number[]): void {
    for (const translator of this.#translators.values()) translator.drop(numbers);
    for (const thread of this.#open) thread.remove(numbers);
  }

  /** Whether one of its threads posted this message, and so changes it itself. */
  owns(messageId: string): boolean {
    return this.#open.some((thread) => thread.owns(messageId));
  }

  /** Handles messages that a person deleted: what they showed is not shown again. */
  messagesDeleted(messageIds: readonly string[]): void {
    for (const thread of this.#open) thread.messagesDeleted(messageIds);
  }

  /** Resolves when what was said is translated and shown, or after twice `ms`. */
  async close(ms: number): Promise<void> {
    const translators = [...this.#translators.values()];
    this.#translators.clear();
    await Promise.all(translators.map((translator) => translator.close(ms)));
    await Promise.all(this.#open.map((thread) => thread.close(ms)));
  }

  #languagesChanged(): void {
    const wanted = new Set([
      ...(this.#language === undefined ? [] : [this.#language]),
      ...this.#others,
    ]);
    for (const [language, translator] of this.#translators) {
      if (wanted.has(language)) continue;
      this.#translators.delete(language);
      void translator.close(0);
    }
    for (const language of wanted) {
      if (!this.#translators.has(language))
        this.#translators.set(language, this.#newTranslator(language));
    }
  }

  #newTranslator(language: string): Translator {
    const { channel, gate, notice, parts } = this.#context;
    return new Translator({
      guildId: channel.guildId,
      parts,
      language,
      mayShow: ({ number, speaker }) =>
        this.#options.recorder.line(number) !== undefined &&
        peopleIn(speaker).every((id) => gate.mayWrite(id)),
      onTranslated: (line, text) => void this.#show(line, text, language),
      notice: (line) => {
        // The channel reads of its budget, whoever uses it; that a reader's translation fails is for that reader.
        if (language === this.#language || !failures.has(line.id)) notice(line);
        this.#options.onUntranslated(language, line);
      },
    });
  }

  async #show(line: TranscriptLine, text: string, language: string): Promise<void> {
    const { live, onTranslated, recorder } = this.#options;
    onTranslated(line.number, text, language);
    if (language !== this.#language) return;
    const thread = await this.#threadFor(language);
    if (!recorder.line(line.number)) return; // forgotten while the thread was opened
    if (thread) thread.put(shownLine({ ...line, text }));
    else live.translate({ ...shownLine(line), translation: text });
  }

  #threadFor(language: string): Promise<CaptionMessages | undefined> {
    const inChannelId = this.#context.settings().of(captionsChannelId);
    const known = this.#threads.get(language);
    if (known) return known;
    const { channel } = this.#context;
    const isInChat = inChannelId === undefined || this.#options.live.placeId === channel.channelId;
    const opened = isInChat ? Promise.resolve(undefined) : this.#openThread(language, inChannelId);
    this.#threads.set(language, opened);
    return opened;
  }

  async #openThread(language: string, inChannelId: string): Promise<CaptionMessages | undefined> {
    const { channel, parts, signal } = this.#context;
    const { guildId } = channel;
    const named = new Intl.DisplayNames([parts.places.localeIn(guildId)], { type: 'language' });
    const filled = { language: named.of(language) ?? language };
    const name = writtenText({ id: 'captions.translation', with: filled }, guildId, parts);
    try {
      const chat = await parts.captionChats.open(channel, { inChannelId, name }, signal);
      const { recorder } = this.#options;
      const layout = new CaptionLayout({
        keyPrefix: 'translation ',
        get startedAtWallMs() {
          return recorder.session.startedAtWallMs;
        },
        texts: captionTexts(guildId, parts),
      });
      const { onPosted } = this.#options;
      const posted = new Set<string>();
      const thread = new CaptionMessages({
        chat,
        layout,
        clock: parts.clock,
        onPlaced: (_number, places) => {
          for (const place of places.filter(({ messageId }) => !posted.has(messageId))) {
            posted.add(place.messageId);
            onPosted(place);
          }
        },
        onDeleted: () => undefined, // of a translation nothing is kept
        onTrouble: () => undefined, // the captions tell, which stand beside it
        onShown: () => undefined,
      });
      this.#open.push(thread);
      return thread;
    } catch (error) {
      if (!signal.aborted) parts.onEvent(guildId, failureOf(error, 'store'));
      return undefined;
    }
  }
}
