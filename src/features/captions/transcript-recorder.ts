import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { MessageId, PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import { getNotUnderstoodText } from '#src/features/captions/live/caption-line.ts';
import { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import {
  type CaptionDeps,
  noteCaptionMessage,
  type TranscriptStore,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import type { CaptionChat, LineProgress } from '#src/ports/caption-chats.ts';
import type {
  BegunUtterance,
  ForgetReason,
  SpokenSegment,
  UtteranceFollower,
} from '#src/ports/feature-session.ts';
import { tryWrite } from '#src/ports/stores.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import {
  compareBeginnings,
  listSpeakerIds,
  type ResumableSession,
  type TranscriptLine,
  type TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import { LineTranslator } from './line-translator.ts';

/** Time to show waiting lines when captions end. */
const flushMs = 2_000;
/** Lines stay in memory this long. */
const recentLinesMs = 60 * 60_000;

type RecordedSession = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly mouth: Mouth;
};

/**
 * Records a session's lines for the chat and the store, without waiting for the disk.
 */
export class TranscriptRecorder {
  /** Chat that shows the lines, and notices about captions. */
  readonly chat: CaptionChat;
  readonly live: LiveCaptions;
  readonly translations: LineTranslator<TranscriptLine>;
  readonly #session: RecordedSession;
  readonly #deps: CaptionDeps;
  readonly #store: TranscriptStore;
  readonly #startedAtMs: number;
  /** Earlier utterances are not written. */
  readonly #fromMs: number;
  #captioned: TranscriptSession;
  #lastNumber: number;
  /** Speakers of unfinished lines, by number. The bot has none. */
  readonly #openSpeakers = new Map<number, PersonId | undefined>();
  /** Numbers of the bot's lines, by the key of the segment. */
  readonly #spokenNumbers = new WeakMap<object, number>();
  readonly #recentLines = new Map<number, TranscriptLine>();
  readonly #saved = new WeakSet<TranscriptSession | TranscriptLine>();
  #saving: Promise<unknown> = Promise.resolve();
  #isUnsaved = false;
  readonly #music: Disposable;

  constructor(
    session: RecordedSession,
    deps: CaptionDeps,
    chat: CaptionChat,
    store: TranscriptStore,
    formerSession: ResumableSession | undefined,
  ) {
    const { clock } = deps;
    const { notices, voiceChannel, mouth } = session;
    const { guildId, channelId, name: channelName } = voiceChannel.channel;
    const { session: captioned, lastNumber } = formerSession ?? {
      session: {
        ...{ id: crypto.randomUUID(), guildId, channelId, channelName },
        placeId: chat.channelId,
        startedAtWallMs: clock.wallMs(),
      },
      lastNumber: 0,
    };
    const { startedAtWallMs } = captioned;
    this.#session = session;
    this.#deps = deps;
    this.chat = chat;
    this.#store = store;
    this.#lastNumber = lastNumber;
    this.#captioned = { ...captioned, endedAtWallMs: undefined };
    this.#fromMs = clock.nowMs();
    // The wall clock is read once, so that a clock put back moves no line.
    this.#startedAtMs = this.#fromMs - (clock.wallMs() - startedAtWallMs);
    this.live = new LiveCaptions({
      chat,
      clock,
      notUnderstood: getNotUnderstoodText(guildId, deps),
      onShown: (place, numbers, isNew) => this.#onShown(place, numbers, isNew),
      onTrouble: (message) => {
        const code = 'discord.unsent';
        notices.reportEvent({ kind: 'failed', stage: 'store', code, message });
        if (this.live.isShut) notices.post({ id: 'captions.no_place' });
      },
      formatTime: (startMs) =>
        createWallTimes(voiceChannel.getSettings().timeZone).second(
          startedAtWallMs + startMs,
        ),
    });
    this.translations = new LineTranslator(guildId, notices, deps, {
      mayShowLine: (line) => this.mayShowLine(line),
      showTranslation: ({ number }, text) => this.live.setTranslation(number, text),
      failureLine: { id: 'captions.translate.off' },
    });
    this.#music = watchMusic(notices, mouth.mix.tracks, (text) => {
      const startMs = this.toSessionMs(clock.nowMs());
      this.live.putLine({ number: ++this.#lastNumber, startMs, text });
    });
    void this.saveLines();
  }

  /** Returns the session as it is stored, with its end once it has ended. */
  get session(): TranscriptSession {
    return this.#captioned;
  }

  /** Converts a time of the monotonic clock to whole ms of the session. */
  toSessionMs(atMs: number): number {
    return Math.max(0, Math.round(atMs - this.#startedAtMs));
  }

  /** Tests whether a line is recent, and still allowed by all people in it. */
  mayShowLine({ number, speaker }: TranscriptLine): boolean {
    return (
      this.#recentLines.has(number) && this.#mayWritePeople(listSpeakerIds(speaker))
    );
  }

  /** Lists lines of the last hour, by beginning. */
  listRecentLines(): readonly TranscriptLine[] {
    return [...this.#recentLines.values()].sort(compareBeginnings);
  }

  /** Begins a line of a person. The follower shows the words as they come, and ends the line. */
  recordUtterance({ fromMs, name, speakerId }: BegunUtterance): UtteranceFollower {
    const number = ++this.#lastNumber;
    if (fromMs >= this.#fromMs) this.#openSpeakers.set(number, speakerId);
    const speaker = { kind: 'person', personId: speakerId, name } as const;
    const begun = { number, speaker, startMs: this.toSessionMs(fromMs) };
    const mayWrite = () =>
      this.#openSpeakers.has(number) && this.#mayWritePeople([speakerId]);
    const createUpdater = (state: LineProgress) => (text: string) => {
      if (mayWrite()) this.live.putLine({ ...begun, text, state });
    };
    return {
      onPartial: createUpdater('partial'),
      onWhole: createUpdater('whole'),
      onEnded: (result) => {
        const isAllowed = mayWrite();
        this.#openSpeakers.delete(number);
        if (!isAllowed || result.kind === 'withdrawn' || result.kind === 'no-words') {
          this.live.removeLines([number]);
          return;
        }
        const { language, text }: Transcript =
          result.kind === 'text' ? result.transcript : { text: '' };
        const endMs = this.toSessionMs(result.toMs);
        const line = this.#keepLine({ ...begun, endMs, language, text });
        this.#reportLine(line.text, speakerId, name);
      },
    };
  }

  #reportLine(text: string, speakerId: PersonId, name: string) {
    const { channelId } = this.#captioned;
    const event = { kind: 'line', channelId, speakerId, name, text } as const;
    this.#session.notices.reportEvent(event);
  }

  /** Records a sentence of the bot, but none to a left-out person. */
  recordSpokenWords({
    answeredIds,
    fromMs,
    isCut,
    isOver,
    key,
    language,
    text,
    toMs,
  }: SpokenSegment): void {
    if (text === '' || fromMs < this.#fromMs) return;
    const number = this.#spokenNumbers.get(key) ?? ++this.#lastNumber;
    this.#spokenNumbers.set(key, number);
    if (isOver) this.#openSpeakers.delete(number);
    else this.#openSpeakers.set(number, undefined);
    const name = this.#deps.places.getBotName(this.#captioned.guildId);
    const speaker = { kind: 'bot', name, answeredIds } as const;
    const startMs = this.toSessionMs(fromMs);
    const line = { number, speaker, startMs, text, language };
    if (!this.#mayWritePeople(answeredIds)) this.live.removeLines([number]);
    else if (!isOver) this.live.putLine({ ...line, state: 'partial' });
    else
      this.#keepLine({
        ...line,
        endMs: this.toSessionMs(toMs),
        isCut: isCut || undefined,
      });
  }

  /** Forgets open lines of a person. After a no, also lines by and to the person. */
  forgetPerson(personId: PersonId, reason: ForgetReason): void {
    const numbers = [...this.#openSpeakers].flatMap(([number, id]) =>
      id === personId ? number : [],
    );
    for (const number of numbers) this.#openSpeakers.delete(number);
    this.live.removeLines(numbers);
    if (reason === 'withdrawn')
      this.live.removeLines(
        this.#dropLines(({ speaker }) => listSpeakerIds(speaker).includes(personId)),
      );
  }

  /** Drops lines of deleted messages, after they were written, so that the store can erase them. */
  async onMessagesDeleted(messageIds: readonly MessageId[]): Promise<void> {
    this.live.onMessagesDeleted(messageIds);
    await this.saveLines();
    this.#dropLines(({ post }) => post && messageIds.includes(post.messageId));
  }

  /** Writes waiting lines. The next line retries a failed write. Never throws. */
  async saveLines(): Promise<void> {
    const writing = this.#saving.then(() => this.#writeUnsaved());
    this.#saving = writing.catch(() => undefined);
    const { guildId } = this.#captioned;
    const isWritten = await tryWrite(guildId, this.#deps, () => writing);
    if (!isWritten && !this.#isUnsaved)
      this.#session.notices.post({ id: 'captions.unsaved' });
    this.#isUnsaved = !isWritten;
  }

  /** Shows and writes waiting lines first, then ends. */
  async endSession(): Promise<void> {
    const { clock } = this.#deps;
    this.#captioned = { ...this.#captioned, endedAtWallMs: clock.wallMs() };
    this.#music[Symbol.dispose]();
    this.translations.setLanguage(undefined);
    // Words of unfinished lines are kept nowhere, so they leave the chat too.
    this.live.removeLines([...this.#openSpeakers.keys()]);
    this.#openSpeakers.clear();
    const settled = waitAtMost(
      this.live.waitUntilSettled(),
      flushMs,
      clock,
      neverAborted,
    );
    await Promise.all([settled, this.saveLines()]);
    this.live.endMessages();
  }

  #mayWritePeople(personIds: readonly PersonId[]) {
    return personIds.every((id) => this.#session.consent.canWrite(id));
  }

  #keepLine(spoken: Omit<TranscriptLine, 'sessionId' | 'post' | 'isBrief'>) {
    const { number, speaker, text } = spoken;
    const line: TranscriptLine = {
      ...spoken,
      sessionId: this.#captioned.id,
      text: text.trim(),
      post: this.live.findPlace(number),
      isBrief:
        listSpeakerIds(speaker).some(
          (id) => this.#session.consent.getConsent(id) === 'brief',
        ) || undefined,
    };
    this.#putLine(line);
    this.live.putLine(line);
    this.translations.addLine(line);
    return line;
  }

  #putLine(line: TranscriptLine) {
    this.#recentLines.set(line.number, line);
    const sinceMs = this.toSessionMs(this.#deps.clock.nowMs()) - recentLinesMs;
    this.#dropLines(({ endMs }) => endMs < sinceMs);
    void this.saveLines();
  }

  #onShown(post: MessagePlace, numbers: readonly number[], isNew: boolean) {
    if (isNew) void noteCaptionMessage(post, this.#captioned, this.#store, this.#deps);
    for (const number of numbers) {
      const line = this.#recentLines.get(number);
      if (line && line.post?.messageId !== post.messageId)
        this.#putLine({ ...line, post });
    }
  }

  #dropLines(isDropped: (line: TranscriptLine) => boolean | undefined) {
    const numbers = [...this.#recentLines.values()]
      .filter(isDropped)
      .map(({ number }) => number);
    for (const number of numbers) this.#recentLines.delete(number);
    return numbers;
  }

  async #writeUnsaved() {
    const { writer } = this.#store;
    const session = this.#captioned;
    if (!this.#saved.has(session)) await writer.putSession(session);
    this.#saved.add(session);
    // Lines may have been forgotten meanwhile.
    const lines = [...this.#recentLines.values()].filter(
      (line) => !this.#saved.has(line),
    );
    if (lines.length > 0) await writer.putLines(lines);
    for (const line of lines) this.#saved.add(line);
  }
}

/** Lists the recorders of captions that are on. */
export function listRecorders(
  captions: readonly { readonly recorder: TranscriptRecorder | undefined }[],
): readonly TranscriptRecorder[] {
  return captions.flatMap(({ recorder }) => recorder ?? []);
}

const maxTitleChars = 100;
const musicMs = 30_000;

function watchMusic(
  notices: Pick<Session['notices'], 'formatWrittenText'>,
  tracks: Pick<NamedTracks, 'listen'>,
  write: (text: string) => void,
) {
  const begun = new WeakSet<TrackItem>();
  return tracks.listen((event) => {
    if (event.kind !== 'began' || begun.has(event.item)) return;
    begun.add(event.item);
    const { lengthMs = musicMs, title } = event.item.source;
    if (lengthMs < musicMs) return;
    const values = { title: truncate(title, maxTitleChars) };
    write(notices.formatWrittenText({ id: 'captions.remark.music', with: values }));
  });
}
