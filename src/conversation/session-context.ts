import type { Wakeup } from '#src/base/loops/mailbox.ts';
import type { ConsentGate, UndecidedPeople } from '#src/conversation/hearing/consent-gate.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { PendingConfirmations } from '#src/conversation/tools/pending-confirmations.ts';
import type { Right } from '#src/people/rights.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { SpokenCommand } from '#src/turn/overlap/interjections.ts';
import type { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import type { CurrentConnection } from '#src/voice/link/reconnecting-link.ts';
import type { SoundMix } from '#src/voice/output/sound-mix.ts';
import type { SpeechPace } from '#src/voice/output/speech-output.ts';
import type { Requests } from './requests.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import type { Talk } from './talk.ts';

/** Events that happen at most once in a session, however often its link comes and goes. */
export type SessionOnce = 'greeted' | 'lines-hidden' | 'roles-unread';

/** Parts and functions that one session shares over all its connections. `buildSession` makes it. */
export type SessionContext = {
  readonly channel: ChannelRef;
  /** Shared by all sessions: nothing in it depends on the server. */
  readonly parts: SessionDependencies;
  /** Settings of the server, and of the bot's persona in the channel, as they are now. */
  readonly settings: () => GuildSettings;
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
  /** Name of a person there, or of whoever asked by typing. */
  readonly nameOf: (personId: string) => string;
  /** Posts a line into the channel when its turn has come, if it still holds then; `posted` is called with it. */
  readonly notice: (line: TextLine, holds?: () => boolean, posted?: () => void) => void;
  /** Does what a person has said as a command, with their rights. */
  readonly obey: (command: SpokenCommand, personId: string) => void;
  /** True the first time only. */
  readonly isFirst: (what: SessionOnce) => boolean;
  /** Whether partial words of the recogniser were right before. */
  readonly trustsPartials: () => boolean;
  /** Makes the clock of the connection check what may have changed, now and for a while. */
  readonly wakeup: Wakeup;
  readonly gate: ConsentGate;
  /** The conversation. */
  readonly talk: Talk;
  /** Questions, texts and notices that wait, as commands and features bring them. */
  readonly queue: Requests;
  /** Language in which each person is heard and answered. */
  readonly languages: SpeakerLanguages;
  readonly preemptiveBudget: PreemptiveBudget;
  readonly connection: CurrentConnection;
  readonly tools: SessionToolDoor;
  /** Pace of its speech. */
  readonly pace: SpeechPace;
  /** Sounds beside its speech. */
  readonly mix: SoundMix;
  /** People who have said neither yes nor no. */
  readonly unanswered: UndecidedPeople;
  readonly features: SessionFeatures;
  /** The tool that runs for an answer, in words for people. */
  readonly stepOf: (answer: Id | undefined) => PlainTextId | undefined;
};

/** Tools of a session, as features use them. */
type SessionToolDoor = {
  /** Calls that wait for a button. */
  readonly confirmations: PendingConfirmations;
  /** Whether this person holds the right now. Aborting `signal` throws `signal.reason`. */
  isAllowed(right: Right, personId: string, signal: AbortSignal): Promise<boolean>;
};
