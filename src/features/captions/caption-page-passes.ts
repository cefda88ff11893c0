import { Wakeup } from '#src/base/wakeup.ts';
import type { PagePass } from '#src/conversation/ports/command-ports.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { CaptionLine } from '#src/features/captions/live/caption-line.ts';
import { cleanWords } from '#src/features/captions/live/markdown-escaping.ts';
import { withUtcInstants } from '#src/spending/calendar.ts';
import { type CheckedLine, type Locale, text as written } from '#src/texts/texts.ts';
import { mayKnow } from './line-visibility.ts';
import type { RecentLines } from './recent-lines-context.ts';
import type { TranscriptLine, TranscriptSpeaker } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';
import type { Viewer } from './transcript-store-types.ts';

/**
 * Why a stream of lines ends: captions are off, the person may not read any more or was forgotten, a newer link or tab of theirs, or
 * too many streams.
 */
export type PassEnd = 'off' | 'rights' | 'forgotten' | 'replaced' | 'tab' | 'full';

/** A line as one person reads it. */
export type ReaderLine = {
  readonly number: number;
  /** Empty where nothing of it is visible, and of a remark. */
  readonly name: string;
  /** Empty: not understood. */
  readonly text: string;
  readonly state: 'partial' | 'final';
  /** The bot was stopped in the middle. */
  readonly isCut?: true;
  /** It says what happens beside words. */
  readonly isRemark?: true;
  /** BCP 47, where it is known. */
  readonly language?: string;
  readonly translation?: string;
};

/** All that a page shows. */
export type ReaderLines = {
  /** Name of the voice channel. */
  readonly channel: string;
  /** In order of speech; partial ones last. */
  readonly lines: readonly ReaderLine[];
  /** False: there is no chat model. */
  readonly canTranslate: boolean;
  /** Language of the translations, BCP 47. */
  readonly translateTo?: string | undefined;
  /** Why there is no translation. */
  readonly notice?: string;
};

/** One open connection of a reader. */
export type LineStream = {
  readonly locale: Locale;
  /** `data` of an event `lines` is JSON, a `ReaderLines`. Resolves once it is on its way; until then no other is sent. */
  send(event: 'lines' | 'alive', data: string): Promise<unknown>;
  /** Undefined: it is to be opened anew. Never throws. */
  end(why: PassEnd | undefined): void;
};

export type CaptionPagePassesOptions = {
  readonly recorder: TranscriptRecorder;
  readonly view: RecentLines;
  /** Takes all languages into which lines are to be translated for readers. */
  readonly onLanguages: (languages: ReadonlySet<string>) => void;
};

/** Event beside words, with the instant in ms of the session. */
export type PassRemark = {
  readonly number: number;
  readonly startMs: number;
  readonly line: CheckedLine;
};

type Pass = { readonly id: string; readonly personId: string; language?: string };
type OpenStream = LineStream & {
  readonly pass: Pass;
  readonly sinceMs: number;
  sent: string;
  /** Instant of the last event, on the monotonic clock. */
  sentAtMs: number;
  isBusy: boolean;
  /** Something changed while it was busy. */
  isBehind: boolean;
};

/** Lines of a page, the latest ones. */
const mostLines = 60;
/** Remarks that are kept. */
const mostRemarks = 20;
/** Interval, in ms, between two pushes. */
const gatherMs = 200;
/** Interval, in ms, at which rights are checked while nothing changes, and the page reads that the bot is there. */
const idleMs = 5_000;
/** Time, in ms, after which a stream is to be opened anew: sessions of browsers end. */
const longestMs = 60 * 60_000;
/** Streams at a time. */
const [mostOfPerson, mostStreams] = [3, 30];
/** Passes at a time; a further one ends the oldest. */
const mostPasses = 500;

/** Passes to the captions of one session, and the streams over which their holders read. Nothing here throws. */
export class CaptionPagePasses {
  readonly #context: SessionContext;
  readonly #options: CaptionPagePassesOptions;
  readonly #passes = new Map<string, Pass>();
  readonly #streams = new Set<OpenStream>();
  /** Lines that are not over, by number. */
  readonly #partial = new Map<number, CaptionLine>();
  /** The latest remarks, by number. */
  readonly #remarks = new Map<number, PassRemark>();
  /** Translations of lines, by language, then by number. */
  readonly #translations = new Map<string, Map<number, string>>();
  /** Why lines are not translated, by language. */
  readonly #untranslated = new Map<string, CheckedLine>();
  readonly #changed: Wakeup;
  readonly #over = new AbortController();
  #isRunning = false;
  /** Something may have changed since the last push. */
  #isDue = false;
  #present = '';
  /** The latest lines, until something changes: all streams share them. */
  #latest: readonly TranscriptLine[] | undefined;

  constructor(context: SessionContext, options: CaptionPagePassesOptions) {
    this.#context = context;
    this.#options = options;
    this.#changed = new Wakeup(context.parts.clock);
  }

  /** A new pass, which ends the person's former one; undefined where they may not read the captions. */
  async issue(personId: string): Promise<PagePass | undefined> {
    const viewer = await this.#options.view.reader(personId);
    if (!viewer || this.#over.signal.aborted) return undefined;
    this.end(personId, 'replaced');
    const id = crypto.randomUUID();
    this.#passes.set(personId, { id, personId });
    const [oldest] = this.#passes.keys();
    if (this.#passes.size > mostPasses && oldest !== undefined) this.end(oldest, 'full');
    const { guildId, channelId } = this.#context.channel;
    return { id, personId, guildId, channelId };
  }

  /** Whether the pass holds by the rights of this moment; it ends where it does not. */
  async holds(personId: string, passId: string): Promise<boolean> {
    const isKnown = () => this.#passes.get(personId)?.id === passId;
    if (!isKnown()) return false;
    if (!(await this.#options.view.reader(personId)) && isKnown()) this.end(personId, 'rights');
    return isKnown();
  }

  /** Sends lines until disposed. A further stream of a person ends their oldest. */
  watch(personId: string, passId: string, stream: LineStream): Disposable {
    const pass = this.#passes.get(personId);
    const isOpen = pass?.id === passId;
    const own = [...this.#streams].filter((one) => isOpen && one.pass === pass);
    if (own.length >= mostOfPerson) this.#close(own[0], 'tab');
    if (!isOpen || this.#streams.size >= mostStreams) {
      stream.end(isOpen ? 'full' : 'rights');
      return { [Symbol.dispose]: () => undefined };
    }
    const sinceMs = this.#context.parts.clock.nowMs();
    const open: OpenStream = {
      locale: stream.locale,
      send: (event, data) => stream.send(event, data),
      end: (reason) => stream.end(reason),
      ...{ pass, sinceMs, sent: '', sentAtMs: sinceMs, isBusy: false, isBehind: false },
    };
    this.#streams.add(open);
    this.#languagesChanged();
    void this.#push(open);
    if (!this.#isRunning) void this.#run();
    return { [Symbol.dispose]: () => this.#close(open, undefined) };
  }

  /** Has lines translated for this person from now on; undefined: not any more. False where the pass does not hold. */
  translate(personId: string, passId: string, language: string | undefined): boolean {
    const pass = this.#passes.get(personId);
    const { hasChatModel } = this.#context.parts;
    if (pass?.id !== passId || (language !== undefined && !hasChatModel)) return false;
    if (language === undefined) delete pass.language;
    else pass.language = language;
    this.#languagesChanged();
    this.check();
    return true;
  }

  /** A line as it is now. */
  put(line: CaptionLine): void {
    const isOpen = line.state === 'partial' || line.state === 'whole';
    if (isOpen) this.#partial.set(line.number, line);
    else this.#partial.delete(line.number);
    this.check();
  }

  /** Each reader gets it in the language of their page. */
  remark(remark: PassRemark): void {
    this.#remarks.set(remark.number, remark);
    const [oldest] = this.#remarks.keys();
    if (this.#remarks.size > mostRemarks && oldest !== undefined) this.#remarks.delete(oldest);
    this.check();
  }

  translated(number: number, text: string, language: string): void {
    this.#untranslated.delete(language);
    this.#translations.get(language)?.set(number, text);
    this.check();
  }

  /** `line` says why nothing is translated into that language now. */
  untranslated(language: string, line: CheckedLine): void {
    this.#untranslated.set(language, line);
    this.check();
  }

  /** These lines are not shown any more. */
  remove(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#partial.delete(number);
      this.#remarks.delete(number);
      for (const texts of this.#translations.values()) texts.delete(number);
    }
    this.check();
  }

  /** Who sits there. To be called now and then. */
  attend(personIds: readonly string[]): void {
    if (this.#streams.size === 0) return;
    const present = personIds.toSorted().join();
    if (present !== this.#present) this.check();
    this.#present = present;
  }

  /** Lines or rights may have changed: rights are asked, and lines pushed, within 200 ms. */
  check(): void {
    this.#isDue = true;
    this.#latest = undefined;
    this.#changed.wake();
  }

  /** Ends the pass of a person, and their streams. */
  end(personId: string, why: PassEnd): void {
    const pass = this.#passes.get(personId);
    if (!pass) return;
    this.#passes.delete(personId);
    for (const one of this.#streams) if (one.pass === pass) this.#close(one, why);
  }

  /** Ends all: captions are off. */
  close(): void {
    this.#over.abort(new Error('the captions have ended'));
    for (const personId of this.#passes.keys()) this.end(personId, 'off');
  }

  #close(stream: OpenStream | undefined, why: PassEnd | undefined): void {
    if (!stream || !this.#streams.delete(stream)) return;
    stream.end(why);
    this.#languagesChanged();
    if (this.#streams.size === 0) this.#changed.wake();
  }

  /** While there is a stream. */
  async #run(): Promise<void> {
    const { clock } = this.#context.parts;
    this.#isRunning = true;
    while (this.#streams.size > 0) {
      if (!this.#isDue) await this.#changed.wait(idleMs);
      this.#isDue = false;
      for (const one of this.#streams) {
        if (clock.nowMs() - one.sinceMs >= longestMs) this.#close(one, undefined);
        else void this.#push(one);
      }
      if (this.#streams.size > 0)
        await clock.sleep(gatherMs, this.#over.signal).catch(() => undefined);
    }
    this.#isRunning = false;
  }

  /** Asks for the rights of this moment, then sends what changed. */
  async #push(stream: OpenStream): Promise<void> {
    if (stream.isBusy) {
      stream.isBehind = true;
      return;
    }
    stream.isBusy = true;
    stream.isBehind = false;
    const { personId } = stream.pass;
    const viewer = await this.#options.view.reader(personId);
    if (!viewer && this.#streams.has(stream)) this.end(personId, 'rights');
    if (viewer && this.#streams.has(stream)) await this.#send(stream, viewer);
    stream.isBusy = false;
    if (stream.isBehind) this.check();
  }

  async #send(stream: OpenStream, viewer: Viewer): Promise<void> {
    const { language: translateTo } = stream.pass;
    const { name: channel } = this.#context.channel;
    const failed = translateTo === undefined ? undefined : this.#untranslated.get(translateTo);
    const lines = this.#linesFor(viewer, translateTo, stream.locale);
    const notice = failed && withUtcInstants(written(failed.id, failed.with, stream.locale));
    const shown = { translateTo, ...(notice && { notice }) };
    const { hasChatModel: canTranslate } = this.#context.parts;
    const all: ReaderLines = { channel, lines, canTranslate, ...shown };
    const data = JSON.stringify(all);
    const nowMs = this.#context.parts.clock.nowMs();
    const isNew = data !== stream.sent;
    if (!isNew && nowMs - stream.sentAtMs < idleMs) return;
    stream.sent = data;
    stream.sentAtMs = nowMs;
    try {
      await (isNew ? stream.send('lines', data) : stream.send('alive', '{}'));
    } catch {
      this.#close(stream, undefined); // the reader has gone
    }
  }

  /** The latest lines that this person may know, in order of speech. */
  #linesFor(viewer: Viewer, language: string | undefined, locale: Locale): readonly ReaderLine[] {
    const { recorder } = this.#options;
    const { session } = recorder;
    const presences = [...recorder.presences, ...recorder.formerPresences];
    const may = (startMs: number) =>
      mayKnow([viewer], { sessionId: session.id, startMs }, session, presences);
    const texts = language === undefined ? undefined : this.#translations.get(language);
    this.#latest ??= recorder.recent().slice(-mostLines);
    const said = this.#latest
      .filter(({ number }) => recorder.line(number) !== undefined)
      .map((line) => ({ line: finalLine(line, texts?.get(line.number)), startMs: line.startMs }));
    const remarks = [...this.#remarks.values()].map((one) => ({
      line: remarkLine(one, locale),
      startMs: one.startMs,
    }));
    const whole = [...said, ...remarks]
      .filter(({ startMs }) => may(startMs))
      .sort((one, other) => one.startMs - other.startMs)
      .slice(-mostLines)
      .map(({ line }) => line);
    const partial = [...this.#partial.values()]
      .filter(({ startMs, text }) => text !== '' && may(startMs))
      .flatMap(({ number, speaker, text }) =>
        speaker.kind === 'remark' ? [] : [pageLine(number, speaker, text, 'partial')],
      );
    return [...whole, ...partial];
  }

  /** Languages that somebody reads now. */
  #languagesChanged(): void {
    const languages = new Set([...this.#streams].flatMap(({ pass }) => pass.language ?? []));
    for (const language of this.#translations.keys())
      if (!languages.has(language)) this.#translations.delete(language);
    for (const language of languages)
      if (!this.#translations.has(language)) this.#translations.set(language, new Map());
    this.#options.onLanguages(languages);
  }
}

function finalLine(line: TranscriptLine, translation: string | undefined): ReaderLine {
  const { isCut, language, number, speaker, text } = line;
  return {
    ...pageLine(number, speaker, text, 'final'),
    ...(isCut && { isCut }),
    ...(language !== undefined && { language }),
    ...(translation !== undefined && { translation: cleanWords(translation) }),
  };
}

function remarkLine({ number, line }: PassRemark, locale: Locale): ReaderLine {
  const words = cleanWords(written(line.id, line.with, locale));
  return { number, name: '', text: words, state: 'final', isRemark: true };
}

function pageLine(
  number: number,
  { name }: TranscriptSpeaker,
  text: string,
  state: ReaderLine['state'],
): ReaderLine {
  return { number, name: cleanWords(name), text: cleanWords(text), state };
}
