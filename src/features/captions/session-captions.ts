import type { SessionContext } from '#src/conversation/session-context.ts';
import { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import { storeFor } from '#src/features/captions/transcripts/disk-and-memory-stores.ts';
import type { EndOfSessionRecaps } from '#src/features/captions/transcripts/end-of-session-recaps.ts';
import { notePosted } from '#src/features/captions/transcripts/record-posted-messages.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import type { CaptionChat } from '#src/ports/caption-chats.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type {
  ContextRequest,
  EndNews,
  FeatureSession,
  FollowUtterance,
  RetractReason,
  SpokenSegment,
} from '#src/ports/feature-session.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import {
  type FeatureEventKind,
  featureEvent,
  type LeaveReason,
} from '#src/ports/session-events.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { CaptionOptions } from '#src/settings/setting-definition.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import { captionTexts } from './bot-texts-in-captions.ts';
import {
  CaptionFailureNotices,
  noticeButtons,
  notifyEverybody,
  writeNotice,
} from './caption-notices.ts';
import { captionsBegin, captionsChannelId, captionsDays } from './caption-settings.ts';
import { CaptionTranslator } from './caption-translator.ts';
import { NonSpeechRemarks } from './non-speech-remarks.ts';
import { formerSession, openRecorder } from './open-transcript-recorder.ts';
import { recentContext } from './recent-lines-context.ts';
import { peopleIn, type TranscriptLine, type TranscriptSession } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';
import { UtteranceLines, unwritten } from './utterance-lines.ts';

export type CaptionsTurnedOn =
  | { readonly kind: 'on' | 'already'; readonly placeId: string }
  | { readonly kind: 'failed'; readonly line: TextLine };

/** Reasons after which the bot does not come back by itself: a recap is posted. */
const isOverForGood: ReadonlySet<LeaveReason> = new Set(['asked', 'alone']);

/** Captions that are on. */
type ActiveCaptions = {
  readonly options: CaptionOptions;
  readonly store: TranscriptPorts;
  readonly recorder: TranscriptRecorder;
  readonly live: LiveCaptions;
  readonly lines: UtteranceLines;
  readonly translations: CaptionTranslator;
  /** Time at which each person came last, in ms of the session. */
  readonly cameAtMs: Map<string, number>;
  /** People who had the notice of captions. */
  readonly notified: Set<string>;
  readonly remarks: NonSpeechRemarks;
};

/** All words of an utterance are shown in captions, `tookMs` after its last voiced packet. */
export const captioned: FeatureEventKind<'speakerId' | 'tookMs'> = {
  kind: 'captioned',
  level: 'debug',
  line: ['guildId', 'speakerId', 'tookMs'],
  meter: {
    seconds: 'caption',
    help: 'Time from the last voiced packet of an utterance until all its words are shown.',
    field: 'tookMs',
  },
};

/** Number of lines from which on a newcomer is offered a recap. */
const leastMissed = 10;
/** Time, in ms, for what waits to be shown when captions end. */
const flushMs = 2_000;

/** Captions of one voice channel: off, or one session of them with its transcript. */
export class SessionCaptions implements FeatureSession {
  readonly parts = { captions: this };
  readonly #context: SessionContext;
  #active: ActiveCaptions | undefined;
  #turning: Promise<CaptionsTurnedOn> | undefined;
  readonly #alerts: CaptionFailureNotices;
  readonly #isReturned: boolean;
  readonly #recaps: EndOfSessionRecaps;
  #hasTranscript = false;
  #hereIds: ReadonlySet<string> = new Set();

  /** `isReturned`: the session goes on where a former run sat, whose people heard the notice. */
  constructor(context: SessionContext, isReturned: boolean, recaps: EndOfSessionRecaps) {
    this.#context = context;
    this.#isReturned = isReturned;
    this.#recaps = recaps;
    this.#alerts = new CaptionFailureNotices(context);
  }

  /** Where they are posted, and in which languages; undefined while they are off. */
  get active(): { readonly placeId: string; readonly options: CaptionOptions } | undefined {
    return this.#active && { placeId: this.#active.live.placeId, options: this.#active.options };
  }

  /** Time at which a person came into the channel of this session, in ms since its start; 0 where that is not known. */
  cameAtMs(sessionId: string, personId: string): number {
    const active = this.#active;
    return active?.recorder.session.id === sessionId ? (active.cameAtMs.get(personId) ?? 0) : 0;
  }

  /** The transcript that is being written. */
  get recorder(): TranscriptRecorder | undefined {
    return this.#active?.recorder;
  }

  /** Something was written that is kept. */
  get hasTranscript(): boolean {
    return this.#hasTranscript;
  }

  /** Turns captions on where they are kept on, as soon as people can read the notice; where that fails they read why. */
  #enter(): void {
    const { notice, signal } = this.#context;
    const options = this.#wanted();
    if (!options || this.#active || this.#turning) return;
    void this.turnOn(options, true).then((turned) => {
      if (turned.kind === 'failed' && !signal.aborted) notice(turned.line);
    });
  }

  /** Begins captions where the server has set so meanwhile, and ends them where it turned the setting off. */
  changed(hasEntered: boolean, key?: string): void {
    if (key === captionsBegin.key && !this.beginThemselves) {
      const { channel, stored } = this.#context;
      void stored.setCaptionsIn(channel.guildId, channel.channelId, undefined);
      void this.turnOff();
    } else if (hasEntered) this.#enter();
  }

  /** The server has captions begin with each session. */
  get beginThemselves(): boolean {
    return this.#context.settings().of(captionsBegin);
  }

  /** Options of captions that are to be on in this channel. */
  #wanted(): CaptionOptions | undefined {
    const { channel, isFirst, maySpeak, stored } = this.#context;
    const { guildId, channelId } = channel;
    const kept = stored.captionsIn(guildId, channelId);
    if (kept && kept !== 'off') return kept;
    const isNew = isFirst('captions-begun') && !this.#isReturned;
    if (kept && isNew) void stored.setCaptionsIn(guildId, channelId, undefined);
    const begin = this.beginThemselves && (kept === undefined || isNew);
    return begin || !maySpeak() ? {} : undefined;
  }

  /** The people there heard the notice before a restart; they hear the next one. */
  #isAnnounced(): boolean {
    return this.#isReturned && this.#context.isFirst('captions-on');
  }

  /**
   * Resolves once all people have the notice, or have read why captions stay off. Never throws. `isBack`: people who had the
   * notice in this session do not get it again.
   */
  async turnOn(options: CaptionOptions, isBack = false): Promise<CaptionsTurnedOn> {
    const active = this.#active;
    if (active && !active.live.isShut) {
      this.#active = { ...active, options };
      active.translations.into(options.translateTo);
      this.#context.languages.spokenHere = options.language;
      return { kind: 'already', placeId: active.live.placeId };
    }
    if (active) await this.turnOff(); // a new place, and the same session
    this.#turning ??= this.#turnOn(options, isBack).finally(() => {
      this.#turning = undefined;
    });
    return await this.#turning;
  }

  /** The session that ended, once what was said is shown and kept; undefined where they were off. Never throws. */
  async turnOff(): Promise<TranscriptSession | undefined> {
    await this.#turning;
    const { recorder } = this;
    if (!recorder) return undefined;
    await this.#end();
    return recorder.session;
  }

  follow(speakerId: string): FollowUtterance | undefined {
    const lines = this.#active?.lines;
    if (!lines || !this.#context.gate.mayWrite(speakerId)) return undefined;
    return (begun) => lines.began(begun) ?? unwritten;
  }

  /** Writes the words of the bot. To be called now and then while it speaks, and once at the end. */
  said(words: SpokenSegment): void {
    this.#active?.lines.said(words, this.#context.parts.clock.nowMs());
  }

  /** Notes who is there, and tells newcomers. */
  attend(people: readonly ChannelMember[]): void {
    const active = this.#active;
    if (!active) return;
    const { parts } = this.#context;
    const here = people.filter(({ isBot }) => !isBot);
    const { recorder } = active;
    const atMs = recorder.sessionMs(parts.clock.nowMs());
    const hereIds = new Set(here.map(({ id }) => id));
    for (const id of hereIds.difference(this.#hereIds)) active.cameAtMs.set(id, atMs);
    this.#hereIds = hereIds;
    const newcomers = here.filter(({ id }) => !active.notified.has(id));
    if (newcomers.length === 0) return;
    for (const { id } of newcomers) active.notified.add(id);
    const hasMissed = recorder.recent().length >= leastMissed;
    const buttons = hasMissed ? [...noticeButtons, 'captions.missed'] : noticeButtons;
    writeNotice(this.#context, active.live, `notice ${active.notified.size}`, buttons);
  }

  /** Keeps nothing any more of what this person said in this session; of somebody who is barred, only writes nothing more. */
  retract(personId: string, why: RetractReason): void {
    const active = this.#active;
    if (!active) return;
    active.lines.drop(personId);
    if (why === 'barred') return;
    const numbers = active.recorder.forget(personId);
    active.live.remove(numbers);
  }

  /** Nothing more is written of what this person is saying. */
  leaveOut(personId: string): void {
    this.#active?.lines.drop(personId);
  }

  /** Recent lines. */
  context({ fromMs }: ContextRequest): string | undefined {
    return this.#active && recentContext(this.#active.recorder, fromMs, this.#context);
  }

  panel(): FeaturePanel {
    const active = this.#active && { captionsIn: this.#active.live.placeId };
    return { ...active, captionsDays: this.#context.settings().of(captionsDays) };
  }

  /** Ends them, and has a recap made where the session is over for good. */
  async ended(why: LeaveReason): Promise<EndNews> {
    const captioned = await this.turnOff();
    if (captioned && isOverForGood.has(why)) this.#recaps.begin(captioned, this.#context);
    return { hasTranscript: this.#hasTranscript };
  }

  /** Handles messages that a person deleted: the lines that they showed are deleted, too. */
  messagesDeleted(messageIds: readonly string[]): void {
    this.#active?.live.messagesDeleted(messageIds);
  }

  /** Whether captions that are on posted this message, and so change it themselves. */
  owns(messageId: string): boolean {
    return this.#active?.live.owns(messageId) === true;
  }

  async #turnOn(options: CaptionOptions, isBack: boolean): Promise<CaptionsTurnedOn> {
    const { channel, gate, parts, people, settings, signal } = this.#context;
    const store = storeFor(
      this.#context.features.ports.transcriptStores,
      settings().of(captionsDays),
    );
    const latest = await formerSession(store, this.#context);
    const opened = await openPlace(this.#context, latest?.session.placeId, signal);
    if (opened.kind === 'failed') return opened;
    const { chat } = opened;
    // In another place it is another session: the messages of one session stand in one place.
    const former = latest?.session.placeId === chat.channelId ? latest : undefined;
    const recorder = openRecorder(chat.channelId, former, store, this.#context, {
      onFailed: (error) => this.#alerts.unsaved(error),
      onSaved: () => this.#alerts.saved(),
    });
    const live = this.#openLive(chat, recorder, store);
    const writers = former?.lines.flatMap(({ speaker }) => peopleIn(speaker)) ?? [];
    const hasNotice = isBack && writers.length > 0;
    const notified = new Set(hasNotice ? writers : people().map(({ id }) => id));
    if (!hasNotice) await notifyEverybody(this.#context, live, this.#isAnnounced(), signal);
    if (signal.aborted) {
      await live.close(0);
      return { kind: 'failed', line: { id: 'leave.nowhere' } };
    }
    const translations = new CaptionTranslator(this.#context, live, recorder);
    translations.into(options.translateTo);
    const lines = new UtteranceLines({
      recorder,
      live,
      fromMs: parts.clock.nowMs(),
      botName: parts.places.botName(channel.guildId),
      mayWrite: (personId) => gate.mayWrite(personId),
      isBrief: (personId) => gate.consentOf(personId) === 'brief',
      onFinal: (line) => {
        this.#hasTranscript = true;
        translations.add(line);
      },
    });
    const remarks = new NonSpeechRemarks(this.#context, live, recorder);
    const made = { recorder, live, lines, translations, notified };
    this.#hereIds = new Set();
    this.#active = { options, store, ...made, remarks, cameAtMs: new Map() };
    this.#context.languages.spokenHere = options.language;
    this.attend(people());
    return { kind: 'on', placeId: live.placeId };
  }

  async #end(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    if (!active) return;
    active.remarks[Symbol.dispose]();
    this.#context.languages.spokenHere = undefined;
    await Promise.all([
      active.translations.close(flushMs).then(() => active.live.close(flushMs)),
      active.recorder.end(),
    ]);
  }

  #openLive(chat: CaptionChat, recorder: TranscriptRecorder, store: TranscriptPorts): LiveCaptions {
    const { channel, parts } = this.#context;
    const noted = new Set<string>();
    return new LiveCaptions({
      chat,
      clock: parts.clock,
      texts: captionTexts(channel.guildId, parts),
      onPlaced: (number, post) => {
        const line = recorder.line(number);
        if (line) recorder.put({ ...line, post });
        if (noted.has(post.messageId)) return;
        noted.add(post.messageId);
        void notePosted(post, recorder.session, store, this.#context);
      },
      onDeleted: (numbers) => this.#deleted(numbers, recorder, store),
      onTrouble: (trouble) => this.#alerts.unshown(trouble),
      onShown: (number, atMs) => this.#shown(recorder.line(number), atMs, recorder),
    });
  }

  /** Deletes the lines that a deleted message showed. */
  #deleted(numbers: readonly number[], recorder: TranscriptRecorder, store: TranscriptPorts): void {
    const { channel, parts } = this.#context;
    recorder.drop(numbers);
    const forget = () => store.eraser.forgetLines(recorder.session.id, numbers);
    void withStoreTimeout(channel.guildId, parts, 'store.unwritable', forget);
  }

  #shown(line: TranscriptLine | undefined, atMs: number, recorder: TranscriptRecorder): void {
    if (line?.speaker.kind !== 'person') return;
    const { channel, parts } = this.#context;
    const tookMs = atMs - recorder.atMs(line.endMs);
    const { personId: speakerId } = line.speaker;
    parts.onEvent(channel.guildId, featureEvent(captioned, { speakerId, tookMs }));
  }
}

type CaptionPlace =
  | { readonly kind: 'open'; readonly chat: CaptionChat }
  | { readonly kind: 'failed'; readonly line: TextLine };

/**
 * The chat of the voice channel, or a thread of this session in the channel that the server has set: `formerId`, where that
 * is still one. Never throws.
 */
async function openPlace(
  { channel, parts, settings }: SessionContext,
  formerId: string | undefined,
  signal: AbortSignal,
): Promise<CaptionPlace> {
  const { of, timeZone } = settings();
  const inChannelId = of(captionsChannelId);
  const date = wallTimesIn(timeZone).day(parts.clock.wallMs());
  const named = { channel: channel.name, date };
  const name = writtenText({ id: 'captions.thread', with: named }, channel.guildId, parts);
  const thread = inChannelId === undefined ? undefined : { inChannelId, name, formerId };
  try {
    return { kind: 'open', chat: await parts.captionChats.open(channel, thread, signal) };
  } catch (error) {
    if (!signal.aborted) parts.onEvent(channel.guildId, failureEventOf(error, 'store'));
    return { kind: 'failed', line: { id: 'captions.no_place' } };
  }
}
