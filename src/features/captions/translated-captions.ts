import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { MessagePlace } from '#src/conversation/ports/desired-message.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { CaptionLayout } from '#src/features/captions/live/caption-layout.ts';
import { type CaptionLine, remark } from '#src/features/captions/live/caption-line.ts';
import { type CheckedLine, knownLocale, type TextLine, text } from '#src/texts/texts.ts';
import { captionTexts } from './bot-texts-in-captions.ts';
import { CaptionMessages } from './caption-messages.ts';
import { captionsChannelId } from './caption-settings.ts';
import { CaptionTranslator } from './caption-translator.ts';
import { peopleIn, type TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';
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

export type OwnThread =
  /** Captions come in that language in this thread from now on. */
  | { readonly kind: 'open'; readonly placeId: string }
  /** Captions stand in the chat of the voice channel, which has no threads; or as many languages as there may be are read. */
  | { readonly kind: 'no-threads' | 'full' }
  | { readonly kind: 'failed'; readonly inChannelId: string };

/** Most languages at a time in threads that people chose for themselves. */
const mostOwn = 5;

/**
 * Translations of the captions of one session, while a person wants them: below their line in the chat of a voice channel,
 * which has no threads, else in a thread for each language, of the captions or of people who chose it for themselves; and for readers of pages, each in their own language. They are
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
  /** Languages that people read in a thread, by person. */
  readonly #own = new Map<string, string>();
  readonly #translators = new Map<string, CaptionTranslator>();

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

  /**
   * Has captions come in this language in a thread for this person, as long as captions are on and they sit there. People of one
   * language share its thread, and its translation. Never throws.
   */
  async openFor(personId: string, language: string): Promise<OwnThread> {
    const inChannelId = this.#context.settings().of(captionsChannelId);
    if (inChannelId === undefined || this.#isInChat) return { kind: 'no-threads' };
    const others = new Set([...this.#own].flatMap(([id, own]) => (id === personId ? [] : [own])));
    if (!others.has(language) && others.size >= mostOwn) return { kind: 'full' };
    const known = await this.#threads.get(language);
    if (!known || known.isShut) this.#threads.delete(language); // it may be allowed by now
    const thread = await this.#threadFor(language);
    if (!thread) return { kind: 'failed', inChannelId };
    this.#own.set(personId, language);
    this.#languagesChanged();
    return { kind: 'open', placeId: thread.placeId };
  }

  /** False where this person had none. */
  endFor(personId: string): boolean {
    const hadOne = this.#own.delete(personId);
    this.#languagesChanged();
    return hadOne;
  }

  /** People come or go: nothing is translated for those who do not sit there. */
  attend(): void {
    if (this.#own.size > 0) this.#languagesChanged();
  }

  /** A remark, or a line whose words are the bot's, in the language of each thread. */
  put(line: CaptionLine, words: CheckedLine): void {
    const { channel, parts } = this.#context;
    for (const language of this.#inThreads()) {
      const locale = knownLocale(language) ?? parts.places.localeIn(channel.guildId);
      const said = text(words.id, words.with, locale);
      void this.#threads.get(language)?.then((thread) => thread?.put({ ...line, text: said }));
    }
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
    const wanted = new Set([...this.#inThreads(), ...this.#others]);
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

  /** Languages of the chat and of people who sit there. */
  #inThreads(): ReadonlySet<string> {
    const { gate, people } = this.#context;
    const own = people().flatMap(({ id }) => {
      const language = gate.isAdmitted(id) ? this.#own.get(id) : undefined;
      return language === undefined ? [] : [language];
    });
    return new Set([...(this.#language === undefined ? [] : [this.#language]), ...own]);
  }

  get #isInChat(): boolean {
    return this.#options.live.placeId === this.#context.channel.channelId;
  }

  #newTranslator(language: string): CaptionTranslator {
    const { channel, gate, notice, parts } = this.#context;
    return new CaptionTranslator({
      guildId: channel.guildId,
      parts,
      language,
      mayShow: ({ number, speaker }) =>
        this.#options.recorder.line(number) !== undefined &&
        peopleIn(speaker).every((id) => gate.mayWrite(id)),
      onTranslated: (line, said) => void this.#show(line, said, language),
      onUnchanged: (line) => void this.#showUnchanged(line, language),
      notice: (line) => {
        // The channel reads of its budget, whoever uses it; that a reader's translation fails is for that reader.
        if (language === this.#language || !failures.has(line.id)) notice(line);
        if (language !== this.#language && failures.has(line.id)) this.#postReason(language, line);
        this.#options.onUntranslated(language, line);
      },
    });
  }

  async #show(line: TranscriptLine, said: string, language: string): Promise<void> {
    const { live, onTranslated, recorder } = this.#options;
    onTranslated(line.number, said, language);
    if (!this.#inThreads().has(language)) return;
    const thread = await this.#threadFor(language);
    if (!recorder.line(line.number)) return; // forgotten while the thread was opened
    if (thread) thread.put(shownLine({ ...line, text: said }));
    else if (language === this.#language) live.translate({ ...shownLine(line), translation: said });
  }

  /** A thread holds all lines. */
  async #showUnchanged(line: TranscriptLine, language: string): Promise<void> {
    if (!this.#inThreads().has(language)) return;
    const thread = await this.#threads.get(language);
    if (this.#options.recorder.line(line.number)) thread?.put(shownLine(line));
  }

  #postReason(language: string, { id, with: words }: CheckedLine): void {
    const { clock } = this.#context.parts;
    const { recorder } = this.#options;
    const startMs = recorder.sessionMs(clock.nowMs());
    const locale = knownLocale(language);
    const said = {
      number: recorder.nextNumber(),
      speaker: remark,
      startMs,
      endMs: startMs,
    } as const;
    const line: CaptionLine = { ...said, text: text(id, words, locale), state: 'final' };
    void this.#threads.get(language)?.then((thread) => thread?.put(line));
  }

  #threadFor(language: string): Promise<CaptionMessages | undefined> {
    const inChannelId = this.#context.settings().of(captionsChannelId);
    const known = this.#threads.get(language);
    if (known) return known;
    const isInChat = inChannelId === undefined || this.#isInChat;
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
      if (!signal.aborted) parts.onEvent(guildId, failureEventOf(error, 'store'));
      return undefined;
    }
  }
}
