import { waitAtMost } from '#src/base/bounded-wait.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import {
  readHearingState,
  type SessionConsent,
} from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import { buildRecentContext } from '#src/features/captions/answers/numbered-prompt-lines.ts';
import type {
  CaptionDeps,
  ToldRecap,
  TranscriptStore,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/owned.ts';
import type { CaptionChat } from '#src/ports/caption-chats.ts';
import {
  type ContextRequest,
  type FeatureSession,
  type FollowUtterance,
  type ForgetReason,
  type LeaveSummary,
  type SpokenSegment,
  sessionModeKey,
} from '#src/ports/feature-session.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import { findCaptionsGap } from '#src/ports/talk-guide.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { describeRetention } from '#src/sessions/panel-view.ts';
import { captionsLanguageSetting } from '#src/settings/channel-settings.ts';
import type {
  ResumableSession,
  TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import { Mentions } from '#src/texts/plain-text.ts';
import { type TextLine, toOptionalLines } from '#src/texts/texts.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import {
  type CaptionOptions,
  captionsBeginSetting,
  captionsChannelSetting,
  captionsDaysSetting,
  formatRecapPlace,
  recapPlaceSetting,
  recapSetting,
  removeChannelCaptions,
} from './caption-settings.ts';
import { TranscriptRecorder } from './transcript-recorder.ts';

const minMissedLines = 10;
/** People read the notice after this wait, and hear it later. */
const noticeTimeoutMs = 8_000;
const maxResumeAgeMs = 15 * 60_000;

type CaptionedSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly signal: AbortSignal;
  readonly mouth: Mouth;
};

/** Captions of one session: when they begin and end, and the notice about them. */
export class SessionCaptions implements FeatureSession {
  readonly #session: CaptionedSession;
  readonly #deps: CaptionDeps;
  /** Recorder of the captions that are on, or were on before. */
  #latest: TranscriptRecorder | undefined;
  #isOff = false;
  /** Captions that begin, with their notice, as soon as they can be written. */
  #waiting: CaptionOptions | undefined;
  #turning: Promise<TextLine | undefined> | undefined;
  /** People heard the notice of a former run. */
  #isReturned: boolean;
  /** Last arrival of each person with the notice, in ms of the session. */
  #arrivalsMs = new Map<PersonId, number>();
  #presentIds: ReadonlySet<PersonId> = new Set();
  /** The notice of these captions says that the notes of the channel grow by them. */
  #areNotesTold = false;
  /** Place of the recap that the notice of these captions named. */
  #toldRecapPlace: string | undefined;
  /** A scheduled event of Discord runs in the channel. */
  #isInEvent = false;
  /** The next captions begin a transcript of their own. */
  #beginsAnew = false;

  constructor(session: CaptionedSession, deps: CaptionDeps, isReturned: boolean) {
    this.#session = session;
    this.#deps = deps;
    this.#isReturned = isReturned;
  }

  /** Returns when a person came last, in ms of the session. 0 if unknown, or for another session. */
  getArrivalMs(sessionId: string, personId: PersonId): number {
    return (
      (this.recorder?.session.id === sessionId && this.#arrivalsMs.get(personId)) || 0
    );
  }

  /** Returns the recorder while captions are on. */
  get recorder(): TranscriptRecorder | undefined {
    return this.#latest?.session.endedAtWallMs === undefined ? this.#latest : undefined;
  }

  /** Returns whether the latest captions have lines of the last hour. */
  get hasTranscript(): boolean {
    return (this.#latest?.listRecentLines().length ?? 0) > 0;
  }

  /** Why captions that are on, or shall be, are not written now. */
  findGap(): TextLine | undefined {
    return findCaptionsGap(readHearingState(this.#session, this.#deps));
  }

  /** Returns whether captions begin as soon as they can be written. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  #beginIfWanted() {
    const { notices, voiceChannel, signal, mouth } = this.#session;
    const { getValue } = voiceChannel.getSettings();
    const isWanted = getValue(captionsBeginSetting) || !mouth.canSpeak();
    const options =
      this.#waiting ??
      (isWanted ? { translateTo: getValue(captionsLanguageSetting) } : undefined);
    if (!options || this.#isOff || this.recorder || this.#turning !== undefined) return;
    void this.turnOn(options).then((objection) => {
      if (objection && !signal.aborted) notices.post(objection);
    });
  }

  /** Begins captions that the server or the channel wants, or ends them with the setting. */
  onChange(hasEntered: boolean, key?: string, isOfChannel = false): void {
    if (key === captionsBeginSetting.key && !this.#isWantedBy(isOfChannel)) {
      const { channelId, guildId } = this.#session.voiceChannel.channel;
      // What the server turns off, no former command turns on again.
      if (!isOfChannel) void removeChannelCaptions(guildId, channelId, this.#deps);
      void this.turnOff();
      return;
    }
    const isCalledForCaptions =
      key === sessionModeKey && !this.#session.mouth.canSpeak();
    if (key === captionsBeginSetting.key || isCalledForCaptions) this.#isOff = false;
    if (hasEntered) this.#beginIfWanted();
  }

  #isWantedBy(isOfChannel: boolean) {
    const { channel, getSettings } = this.#session.voiceChannel;
    const settings = isOfChannel
      ? getSettings()
      : this.#deps.settings.getForGuild(channel.guildId);
    return settings.getValue(captionsBeginSetting);
  }

  /**
   * Begins captions once people have the notice, or resolves with the reason against
   * them. Where nothing can be written now, captions wait, and announce themselves later. Never throws.
   */
  async turnOn(options: CaptionOptions): Promise<TextLine | undefined> {
    const { translateTo } = options;
    // The session goes on in a new place.
    if (this.recorder?.live.isShut) await this.turnOff();
    this.#isOff = false;
    this.#waiting = this.recorder || !this.findGap() ? undefined : options;
    if (this.#waiting) return undefined;
    if (!this.recorder)
      this.#turning ??= this.#turnOn().finally(() => {
        this.#turning = undefined;
      });
    const objection = await this.#turning;
    this.recorder?.translations.setLanguage(translateTo);
    return objection;
  }

  /** Ends captions. Resolves with the session once all lines are kept. Never throws. */
  async turnOff(): Promise<TranscriptSession | undefined> {
    await this.#turning;
    const { recorder } = this;
    this.#isOff = true;
    this.#waiting = undefined;
    await recorder?.endSession();
    return recorder?.session;
  }

  /** Returns a function that begins a line of a person. Undefined if captions are off or leave the person out. */
  followSpeaker(speakerId: PersonId): FollowUtterance | undefined {
    const { recorder } = this;
    if (!recorder || !this.#session.consent.canWrite(speakerId)) return undefined;
    return (begun) => recorder.recordUtterance(begun);
  }

  /** Records words of the bot as they sound. */
  onSpoken(segment: SpokenSegment): void {
    this.recorder?.recordSpokenWords(segment);
  }

  /** Writes the notice anew for people who come. */
  onPresence(people: readonly ChannelMember[]): void {
    if (this.findGap()) return;
    const { recorder } = this;
    if (!recorder) {
      if (this.#waiting) this.#beginIfWanted();
      return;
    }
    const atMs = recorder.toSessionMs(this.#deps.clock.nowMs());
    const presentIds = new Set(people.flatMap(({ id, isBot }) => (isBot ? [] : id)));
    const haveNotice = presentIds.isSubsetOf(this.#arrivalsMs);
    for (const id of presentIds.difference(this.#presentIds))
      this.#arrivalsMs.set(id, atMs);
    this.#presentIds = presentIds;
    if (haveNotice) return;
    const hasMissed = recorder.listRecentLines().length >= minMissedLines;
    this.#writeNotice(recorder.chat, hasMissed ? ['captions.missed'] : []);
  }

  /** Drops lines of a person that are not finished, and after a no also others. */
  forgetPerson(personId: PersonId, reason: ForgetReason): void {
    this.recorder?.forgetPerson(personId, reason);
  }

  /** Formats recent lines for the model, as data. Undefined without captions. */
  describeContext({ fromMs }: ContextRequest): string | undefined {
    const { timeZone } = this.#session.voiceChannel.getSettings();
    const nowMs = this.#deps.clock.nowMs();
    return this.recorder && buildRecentContext(this.recorder, fromMs, nowMs, timeZone);
  }

  /** Describes captions for the panel. */
  describePanel(): FeaturePanel {
    return {
      isCaptioned: [this.#waiting, this.#turning, this.recorder].some(Boolean),
      captionsChannelId: this.recorder?.session.placeId,
    };
  }

  /** Ends captions. Posts a recap unless the bot returns by itself. */
  async onEnd(reason: LeaveReason): Promise<LeaveSummary> {
    const captioned = await this.turnOff();
    if (captioned && (reason === 'asked' || reason === 'alone'))
      this.#deps.postRecap(captioned, this.#describeToldRecap());
    return { hasTranscript: this.hasTranscript };
  }

  /** Gives a scheduled event that has ended a transcript and a recap of its own. Call it after each change of events. */
  checkEvent(): void {
    const wasInEvent = this.#isInEvent;
    this.#isInEvent = this.#hasEvent();
    if (wasInEvent && !this.#isInEvent) void this.#closeEvent();
  }

  #hasEvent() {
    const { channelId, guildId } = this.#session.voiceChannel.channel;
    return this.#deps.places.listEventChannels(guildId).includes(channelId);
  }

  async #closeEvent() {
    const { recorder } = this;
    const { signal, voiceChannel } = this.#session;
    const isPosted = voiceChannel.getSettings().getValue(recapSetting);
    if (!recorder || signal.aborted || !(isPosted || this.#areNotesTold)) return;
    const translateTo = recorder.translations.language;
    const captioned = await this.turnOff();
    if (captioned) this.#deps.postRecap(captioned, this.#describeToldRecap());
    if (signal.aborted) return;
    // People have heard the notice, and read it anew.
    this.#isReturned = true;
    this.#beginsAnew = true;
    const objection = await this.turnOn({ translateTo });
    if (objection && !signal.aborted) this.#session.notices.post(objection);
  }

  #describeToldRecap(): ToldRecap {
    return { noting: this.#describeNoting(), place: this.#toldRecapPlace };
  }

  #describeNoting() {
    if (!this.#areNotesTold) return undefined;
    const { consent } = this.#session;
    const leftOutIds = this.#arrivalsMs.keys().filter((id) => consent.isLeftOut(id));
    return { leftOutIds: [...leftOutIds] };
  }

  async #turnOn(): Promise<TextLine | undefined> {
    const { voiceChannel, signal } = this.#session;
    const store = this.#deps.transcripts.getStoreForDays(
      voiceChannel.getSettings().getValue(captionsDaysSetting),
    );
    const latest = await this.#findFormerSession(store);
    const chat = await this.#openCaptionChat(latest?.session.placeId);
    if (!chat) return { id: 'captions.no_place' };
    this.#arrivalsMs = new Map(voiceChannel.listPeople().map(({ id }) => [id, 0]));
    // Notes that are turned on later count from the next captions on, whose notice tells of them.
    const { channelId, guildId } = voiceChannel.channel;
    this.#areNotesTold = this.#deps.notes.areKept(guildId, channelId);
    this.#toldRecapPlace = formatRecapPlace(voiceChannel.getSettings().getValue);
    this.#isInEvent = this.#hasEvent();
    this.#writeNotice(chat, []);
    // People have the notice before the first word is written.
    if (!this.#isReturned) await this.#sayNotice();
    this.#isReturned = false;
    if (signal.aborted) return { id: 'leave.nowhere' };
    // One session has all its messages in one place.
    const goesOn = latest?.session.placeId === chat.channelId && !this.#beginsAnew;
    const formerSession = goesOn ? latest : undefined;
    this.#beginsAnew = false;
    this.#latest = new TranscriptRecorder(
      this.#session,
      this.#deps,
      chat,
      store,
      formerSession,
    );
    this.#presentIds = new Set();
    this.onPresence(voiceChannel.listPeople());
    return undefined;
  }

  /** Finds a session that ended a moment ago, for its transcript to go on. */
  async #findFormerSession({
    reader,
  }: TranscriptStore): Promise<ResumableSession | undefined> {
    const { guildId, channelId } = this.#session.voiceChannel.channel;
    const readLatest = () => reader.findLatest(guildId, channelId);
    const latest = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unreadable',
      readLatest,
    );
    const endedAtWallMs = latest?.session.endedAtWallMs ?? 0;
    return this.#deps.clock.wallMs() - endedAtWallMs <= maxResumeAgeMs
      ? latest
      : undefined;
  }

  /** Reports a failure and returns undefined. */
  async #openCaptionChat(formerId: ChannelId | undefined) {
    const { notices, voiceChannel, signal } = this.#session;
    const { captionChats, clock } = this.#deps;
    const { getValue, timeZone } = voiceChannel.getSettings();
    const parentChannelId = getValue(captionsChannelSetting);
    const date = createWallTimes(timeZone).day(clock.wallMs());
    const named = { channel: voiceChannel.channel.name, date };
    const name = notices.formatWrittenText({ id: 'captions.thread', with: named });
    const thread =
      parentChannelId === undefined ? undefined : { parentChannelId, name, formerId };
    try {
      return await captionChats.openChat(voiceChannel.channel, thread, signal);
    } catch (error) {
      if (!signal.aborted) notices.reportFailure(error, 'store');
      return undefined;
    }
  }

  async #sayNotice() {
    const { notices, voiceChannel, signal, mouth } = this.#session;
    const text = notices.formatSpokenText(
      { id: 'captions.on' },
      voiceChannel.getSettings().language,
    );
    const announcement = mouth.requests.queueAnnouncement({
      clauses: [toOpenText(toSpeakable(text))],
      when: 'now',
      interruptible: false,
      signal,
    });
    if (announcement.kind !== 'added') return;
    await waitAtMost(
      announcement.ended,
      noticeTimeoutMs,
      this.#deps.clock,
      signal,
    ).catch(() => undefined);
  }

  /** Tells who reads the recap where it goes to other readers than the captions. */
  #listRecapReaders(): readonly TextLine[] {
    const { getValue } = this.#session.voiceChannel.getSettings();
    const place = getValue(recapPlaceSetting);
    const isTold = this.#toldRecapPlace === formatRecapPlace(getValue);
    if (this.#toldRecapPlace === undefined || !isTold || place.kind === 'captions')
      return [];
    if (place.kind === 'webhook') return [{ id: 'captions.notice.webhook' }];
    const channel = new Mentions(place.parentChannelId, '#');
    return [{ id: 'captions.notice.recap', with: { channel } }];
  }

  /** Adds buttons to agree, to refuse and to be left out before `moreButtons`. */
  #writeNotice(chat: CaptionChat, moreButtons: readonly string[]) {
    const { notices, voiceChannel } = this.#session;
    const textLines: readonly TextLine[] = [
      { id: 'captions.notice', with: { recogniser: this.#deps.recogniser ?? 'local' } },
      describeRetention(voiceChannel.getSettings().getValue(captionsDaysSetting)),
      { id: 'captions.notice.readers' },
      ...this.#listRecapReaders(),
      ...toOptionalLines(this.#areNotesTold, { id: 'captions.notice.notes' }),
    ];
    const text = textLines.map(notices.formatWrittenText).join('\n');
    const buttons = [
      'consent.always',
      'consent.never',
      'captions.leave_out',
      ...moreButtons,
    ];
    chat
      .openMessage(
        () => ({ text, buttons }),
        () => undefined,
      )
      .requestUpdate('whole');
  }
}
