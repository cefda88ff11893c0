import { Wakeup } from '#src/base/wakeup.ts';
import { restored } from '#src/people/consent.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import { ReportedFailures } from '#src/session/alerts/reported-failures.ts';
import { ConversationMemory } from '#src/session/answering/conversation-memory.ts';
import { CurrentPipeline } from '#src/session/answering/current-pipeline.ts';
import { SessionCaptions } from '#src/session/captions/session-captions.ts';
import { OpenConnection } from '#src/session/connection/open-connection.ts';
import type { ReconnectingLink } from '#src/session/connection/reconnecting-link.ts';
import { SessionAddressing } from '#src/session/hearing/addressing.ts';
import { ConsentGate } from '#src/session/hearing/consent-gate.ts';
import { SpeakerLanguages } from '#src/session/languages/speaker-languages.ts';
import { GoneVoices } from '#src/session/output/gone-voices.ts';
import type { SpeechOutput } from '#src/session/output/speech-output.ts';
import { SpokenNotices } from '#src/session/output/spoken-notices.ts';
import { wantedPipeline } from '#src/session/personas/persona-settings.ts';
import type { ChannelMember, ChannelRef } from '#src/session/ports/voice-link.ts';
import { admissionIn } from '#src/session/presence/access-control.ts';
import { ConsentWithdrawals } from '#src/session/presence/consent-withdrawals.ts';
import { OncePerSession } from '#src/session/presence/once-per-session.ts';
import { TurnQueue, type TurnQueueOptions } from '#src/session/queue/turn-queue.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import type { StoredSettings } from '#src/session/settings/stored-settings.ts';
import { SessionTools } from '#src/session/tools/session-tools.ts';
import { SessionTracks } from '#src/session/tracks/session-tracks.ts';
import type { TranscriptAccess } from '#src/session/transcripts/transcript-access.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SessionDependencies } from './dependencies.ts';
import { PanelWatch } from './panel-watch.ts';
import type { VoiceSessionOptions } from './voice-session-options.ts';

/** Sources of a context that its session holds. */
type SessionHooks = {
  readonly link: ReconnectingLink;
  readonly isCaptionsOnly: () => boolean;
  readonly onLost: NonNullable<TurnQueueOptions['onLost']>;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
};

/** Everything that the classes of one session share, over all its connections. It is passed whole. */
export class SessionContext {
  readonly channel: ChannelRef;
  /** Shared by all sessions: nothing in it depends on the server. */
  readonly parts: SessionDependencies;
  /** Settings of the server, and of the bot's identity in the channel, as they are now. */
  readonly settings: () => GuildSettings;
  /** Settings of all servers. */
  readonly stored: StoredSettings;
  /** Style of an answer that begins now; a voice of the bot that is missed is reported. */
  readonly style: () => ReplyStyle;
  /** Aborted when the session is over; its links may come and go. */
  readonly signal: AbortSignal;
  /** True where the bot was called to write captions only. */
  readonly isCaptionsOnly: () => boolean;
  /** Everybody there besides the bot itself, also while the link is away. */
  readonly people: () => readonly ChannelMember[];
  /** Posts a line into the channel when its turn has come, if it still holds then. */
  readonly notice: (line: TextLine, holds?: () => boolean) => void;
  /** Transcripts of all sessions, also of those before this one. */
  readonly transcripts: TranscriptAccess;
  /** Makes the clock of the connection check what may have changed, now and for a while. */
  readonly wakeup: Wakeup;
  readonly once: OncePerSession;
  readonly gate: ConsentGate;
  readonly withdrawals = new ConsentWithdrawals();
  readonly queue: TurnQueue;
  readonly addressing: SessionAddressing;
  readonly captions: SessionCaptions;
  /** Language in which each person is heard and answered. */
  readonly languages: SpeakerLanguages;
  readonly pipeline: CurrentPipeline;
  readonly memory: ConversationMemory;
  readonly preemptiveBudget = new PreemptiveBudget();
  readonly reportedFailures: ReportedFailures;
  readonly connection = new OpenConnection();
  /** Reports voices that no longer exist. */
  readonly goneVoices: GoneVoices;
  /** Sentences that are said at the next pause. */
  readonly spokenNotices: SpokenNotices;
  readonly tools: SessionTools;
  /** Tracks that play under names. */
  readonly tracks: SessionTracks;
  readonly panel: PanelWatch;

  /** Members are made in the order in which they need each other; a constructor that is given the context only keeps it. */
  constructor(
    {
      channel,
      former,
      notices,
      parts,
      seat,
      sessions,
      settings,
      sources,
      transcripts,
    }: VoiceSessionOptions,
    { isCaptionsOnly, link, onLost, signal }: SessionHooks,
  ) {
    const { guildId, channelId } = channel;
    const before = former?.context;
    this.channel = channel;
    this.parts = parts;
    this.settings = () => settings.at(guildId, channelId);
    this.stored = settings;
    this.style = () => {
      const style = settings.styleIn(guildId, channelId);
      const onGone: SpeechVoice['onGone'] = (voice, of) => this.goneVoices.ofBot(voice, of);
      return { ...style, voice: { ...style.voice, onGone } };
    };
    this.transcripts = transcripts;
    this.signal = signal;
    this.isCaptionsOnly = isCaptionsOnly;
    this.people = () => link.people();
    this.notice = (line, holds = () => true) =>
      notices.report({ channel, line, holds: () => !signal.aborted && holds() });

    const { clock, pipelines } = this.parts;
    this.wakeup = new Wakeup(clock);
    this.once = before?.once ?? new OncePerSession(seat ? ['greeted'] : []);
    this.memory = before?.memory ?? new ConversationMemory();
    this.reportedFailures =
      before?.reportedFailures ?? new ReportedFailures(sources.longestStandstillMs);
    this.queue = new TurnQueue({
      nowMs: () => clock.nowMs(),
      onLost,
      onChange: () => this.wakeup.wake(),
    });
    this.spokenNotices = new SpokenNotices(this);
    this.tools = new SessionTools(this, {
      all: sources.tools,
      reminders: sources.reminders,
      leave: () => sessions.leave(guildId),
      refresh: (personId, until) => link.refresh(personId, until),
    });
    const { consent: rules } = this.settings();
    const consent = before?.gate.consent ?? (seat && restored(rules.policy, seat));
    const admits = admissionIn(guildId, this.people, parts, settings);
    this.gate = new ConsentGate(rules, clock, this.people, consent, before?.gate.choices, admits);

    const wanted = () => wantedPipeline(this.settings);
    this.pipeline = new CurrentPipeline(
      (name, brain) => pipelines.open(name, brain),
      wanted,
      signal,
    );
    this.goneVoices = new GoneVoices(this);
    this.addressing = new SessionAddressing(this);
    this.captions = new SessionCaptions(this, sources.nicknameMark, seat !== undefined);
    this.languages = new SpeakerLanguages(
      {
        guildId,
        parts: this.parts,
        settings: this.settings,
        channel: () => this.captions.language,
      },
      before?.languages,
    );
    this.tracks = new SessionTracks(this, sources.trackStore, before?.tracks);
    this.panel = new PanelWatch(this, before?.panel);
  }
}

/** A session with a connection over which it speaks. */
export type SpeakingContext = SessionContext & {
  readonly output: SpeechOutput;
};
