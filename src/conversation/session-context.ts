import { Wakeup } from '#src/base/loops/wakeup.ts';
import { reportGoneVoice } from '#src/conversation/alerts/report-failure.ts';
import { SessionHistory } from '#src/conversation/answering/conversation-history.ts';
import { CurrentConnection } from '#src/conversation/connection/current-connection.ts';
import type { ReconnectingLink } from '#src/conversation/connection/reconnecting-link.ts';
import { ConsentGate } from '#src/conversation/hearing/consent-gate.ts';
import { SessionAddressing } from '#src/conversation/hearing/session-addressing.ts';
import { Utterances } from '#src/conversation/hearing/utterances.ts';
import { SpeakerLanguages } from '#src/conversation/languages/speaker-languages.ts';
import { SessionTracksAndBotVolumes } from '#src/conversation/output/session-tracks-and-bot-volumes.ts';
import { SpeechPace } from '#src/conversation/output/speech-pace.ts';
import type { PanelFace } from '#src/conversation/ports/panel.ts';
import type { ChannelMember, ChannelRef } from '#src/conversation/ports/voice-link.ts';
import { admissionIn } from '#src/conversation/presence/access-control.ts';
import { UndecidedPeople } from '#src/conversation/presence/consent-undecided-people.ts';
import { pauseAloud } from '#src/conversation/presence/pause-hearing.ts';
import type { GuildSettings } from '#src/conversation/settings/guild-settings.ts';
import type { StoredSettings } from '#src/conversation/settings/stored-settings.ts';
import { SessionTools } from '#src/conversation/tools/session-tools.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SpokenCommand } from '#src/turn/spoken-command.ts';
import type { SessionFeatures, ShardFeatures } from './feature.ts';
import { initialState } from './machine/state.ts';
import type { Requests } from './requests.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import { sessionSettingsOf, Talk, type TalkHooks } from './talk.ts';
import type { VoiceSessionOptions } from './voice-session-options.ts';

/** Sources of a context that its session holds. */
type SessionHooks = {
  readonly link: ReconnectingLink;
  readonly maySpeak: () => boolean;
  readonly talk: TalkHooks;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
};

type SessionOnce = 'captions-begun' | 'captions-on' | 'greeted' | 'lines-hidden' | 'roles-unread';

/** Events that happen at most once in a session, however often its link comes and goes. */
export class OncePerSession {
  readonly #done: Set<SessionOnce>;

  /** `done`: what has happened in it before a restart. */
  constructor(done: readonly SessionOnce[] = []) {
    this.#done = new Set(done);
  }

  /** True the first time only. */
  first(what: SessionOnce): boolean {
    const isFirst = !this.#done.has(what);
    this.#done.add(what);
    return isFirst;
  }
}

/** Everything that the classes of one session share, over all its connections. It is passed whole. */
export class SessionContext {
  readonly channel: ChannelRef;
  /** Shared by all sessions: nothing in it depends on the server. */
  readonly parts: SessionDependencies;
  /** Settings of the server, and of the bot's persona in the channel, as they are now. */
  readonly settings: () => GuildSettings;
  /** Object of a feature, by its class. Errors: TypeError where there is none. */
  readonly port: ShardFeatures['port'];
  /** Settings of all servers. */
  readonly stored: StoredSettings;
  /** Style of an answer that begins now; a voice of the bot that is missed is reported. */
  readonly style: () => ReplyStyle;
  /** Aborted when the session is over; its links may come and go. */
  readonly signal: AbortSignal;
  /** Whether it answers and greets aloud; false: the bot was called to write only. */
  readonly maySpeak: () => boolean;
  /** Everybody there besides the bot itself, also while the link is away. */
  readonly people: () => readonly ChannelMember[];
  /** Posts a line into the channel when its turn has come, if it still holds then; `posted` is called with it. */
  readonly notice: (line: TextLine, holds?: () => boolean, posted?: () => void) => void;
  /** Does what a person has said as a command, with their rights. */
  readonly obey: (command: SpokenCommand, personId: string) => void;
  /** Makes the clock of the connection check what may have changed, now and for a while. */
  readonly wakeup: Wakeup;
  readonly once: OncePerSession;
  readonly gate: ConsentGate;
  /** The conversation. */
  readonly talk: Talk;
  readonly utterances: Utterances;
  readonly addressing: SessionAddressing;
  /** Language in which each person is heard and answered. */
  readonly languages: SpeakerLanguages;
  readonly history: SessionHistory;
  readonly preemptiveBudget = new PreemptiveBudget();
  readonly connection = new CurrentConnection();
  /** Whether partial words of the recogniser were right before. */
  readonly trustsPartials: () => boolean;
  readonly tools: SessionTools;
  /** Pace of its speech. */
  readonly pace = new SpeechPace();
  /** Sounds beside its speech. */
  readonly mix: SessionTracksAndBotVolumes;
  /** Shows the panel where it has changed. */
  readonly showFace: (face: PanelFace) => void;
  /** People who have said neither yes nor no. */
  readonly unanswered: UndecidedPeople;
  readonly features: SessionFeatures;

  /** Questions, texts and notices that wait, as commands and features bring them. */
  get queue(): Requests {
    return this.talk.requests;
  }

  /** Name of a person there, or of whoever asked by typing. */
  readonly nameOf = (personId: string): string => {
    const { history, people, turns } = this.talk.state;
    const here = people.find(({ id }) => id === personId);
    const asked = [...turns, ...history.exchanges].findLast(({ by }) => by === personId);
    return here?.name ?? asked?.name ?? 'Someone';
  };

  /** Members are made in the order in which they need each other; a constructor that is given the context only keeps it. */
  constructor(
    {
      channel,
      ended,
      former,
      notices,
      parts,
      seat,
      sessions,
      settings,
      sources,
    }: VoiceSessionOptions,
    { link, maySpeak, signal, talk }: SessionHooks,
  ) {
    const { guildId, channelId } = channel;
    const before = former?.context;
    this.channel = channel;
    this.parts = parts;
    this.settings = () => settings.at(guildId, channelId);
    this.port = (type) => sources.features.port(type);
    this.stored = settings;
    this.style = () => {
      const style = settings.styleIn(guildId, channelId);
      // A model that speaks has voices of its own, which the reader of texts need not have.
      const onGone: SpeechVoice['onGone'] = (voice, of) => {
        const isMissed = of === 'model' || this.settings().pipeline === 'chained';
        if (isMissed) reportGoneVoice(voice, this);
      };
      return { ...style, voice: { ...style.voice, onGone } };
    };
    this.signal = signal;
    this.maySpeak = maySpeak;
    this.people = () => link.people();
    this.notice = (line, holds = () => true, posted) =>
      notices.report({
        channel,
        line,
        holds: () => !signal.aborted && holds(),
        posted,
      });
    this.obey = (command, personId) => {
      if (command === 'pauseHearing') pauseAloud(personId, this);
      else sessions.denyAloud(personId, this);
    };

    let shown = '';
    this.showFace = (face) => {
      const next = JSON.stringify(face);
      if (next !== shown) parts.panels.show(guildId, face);
      shown = next;
    };
    this.trustsPartials = () => sources.hearing.partialTrust.isTrusted;
    const { clock } = this.parts;
    this.wakeup = new Wakeup(clock);
    this.once = before?.once ?? new OncePerSession(seat ? ['greeted'] : []);
    this.history = new SessionHistory(this);
    this.tools = new SessionTools(this, {
      all: sources.tools,
      leave: () => sessions.leave(guildId),
      refresh: (personId, until) => link.refresh(personId, until),
    });
    this.gate = new ConsentGate({
      rules: this.settings().consent,
      people: this.people,
      admits: admissionIn(guildId, this.people, parts, settings),
      choices: sessions.consents.in(guildId),
      isRead: () => settings.isRead(guildId),
      talk: () => this.talk,
    });

    this.addressing = new SessionAddressing(this);
    this.utterances = new Utterances(this, sources.hearing);
    const goesOn = before && mayGoOn(before.channel, channel, parts);
    const past = before?.talk.state ?? ended;
    const start = initialState(sessionSettingsOf(this));
    const kept = past && (ended || goesOn) ? past.history : start.history;
    const { agreedIds: callers = [], isPaused = false } =
      before?.gate.answers ?? seat ?? ended?.answers ?? {};
    const consent = { ...start.consent, ...this.gate.initial, callers, isPaused };
    const { reportedFailures } = before?.talk.state ?? start;
    const notes = { ...start.notes, toldOfName: before?.talk.state.notes.toldOfName ?? [] };
    const state = { ...start, consent, history: kept, notes, reportedFailures };
    this.talk = new Talk(this, state, talk);
    signal.addEventListener('abort', () => this.talk.close(), { once: true });
    this.languages = new SpeakerLanguages(
      {
        guildId,
        parts: this.parts,
        settings: this.settings,
      },
      before?.languages,
    );
    this.mix = new SessionTracksAndBotVolumes(parts.clock, before?.mix);
    this.unanswered = new UndecidedPeople(this, before?.unanswered);
    this.features = sources.features.session(this, {
      isReturned: seat !== undefined,
      former: before?.features,
    });
  }
}

/** Whether a conversation goes on in this channel: all who may open it may open the former one. */
function mayGoOn(
  former: ChannelRef,
  channel: ChannelRef,
  { places }: SessionDependencies,
): boolean {
  return former.channelId === channel.channelId || places.isNoWider(channel, former);
}
