import type { Clock } from '#src/base/clock.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { AnswerRunner } from '#src/conversation/answering/answer-runner.ts';
import {
  readHearingState,
  type SessionConsent,
} from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  findAwaitedReply,
  findCurrentTurn,
  getPhase,
  isMuted,
  listUnanswered,
} from '#src/conversation/machine/draft.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { ConsentNotices } from '#src/conversation/mouth/consent-notices.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { Owned } from '#src/people/owned.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { FeaturePanel, PanelContent, PanelMood } from '#src/ports/panel.ts';
import {
  areCaptionsWritten,
  describeTalk,
  findCaptionsGap,
  formatShortenedNames,
  type TalkState,
} from '#src/ports/talk-guide.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { toVisibleLine, truncate } from '#src/texts/plain-text.ts';
import { type TextLine, toOptionalLines } from '#src/texts/texts.ts';

/** Everything that a panel shows. */
export type PanelFacts = {
  readonly talk: TalkState;
  readonly state: ConversationState;
  readonly guildId: GuildId;
  readonly consent: Pick<SessionConsent, 'getConsent' | 'canWrite'>;
  readonly talking?: string;
  /** Gets the name that a person has in this server. */
  readonly getName: (personId: PersonId) => string;
  readonly step?: TextLine;
  readonly features: FeaturePanel;
};

const [maxShownQuestions, maxQuestionChars] = [3, 200];

/** Creates the panel of a session from its facts. `createSessionPanel` collects them. */
export function createPanel(facts: PanelFacts): PanelContent {
  const { features, talk } = facts;
  const {
    buttons,
    consent,
    first: firstLine,
    heardCount,
    isAsking,
    notes,
    people,
    presences,
    second: secondLines,
  } = describeTalk(talk);
  // Undecided people read the rest behind the button.
  const privacyLines = toOptionalLines(isAsking, { id: 'panel.storage' });
  const activity = talk.isLinked
    ? findActivity(facts, buttons.includes('ask'))
    : undefined;
  const queueLines = talk.isLinked ? listQueueLines(facts) : [];
  const featureLines = talk.isLinked ? (features.lines ?? []) : [];
  const ownButtons = talk.isLinked ? (features.buttons ?? []) : [];
  const furtherLines = [...notes, ...featureLines, ...privacyLines];
  const activityLines = activity ? [activity.line] : [];
  return {
    lines: [
      firstLine,
      ...secondLines,
      ...activityLines,
      ...queueLines,
      ...people,
      ...furtherLines,
    ],
    activity: activity?.line,
    rows: [buttons, ownButtons, consent],
    status: talk.isLinked ? getStatusLine(facts, heardCount) : undefined,
    stage: {
      channel: talk.channel,
      mood: activity?.mood ?? 'waiting',
      people: presences.map(({ name, answer, recognises }) => {
        return { name, answer, isHeard: recognises === 'words' };
      }),
      headline: firstLine,
      notes: [...secondLines, ...queueLines, ...furtherLines],
    },
  };
}

function getStatusLine({ talk }: PanelFacts, heardCount: number): TextLine {
  const placeholders = { bot: talk.bot, heard: heardCount, people: talk.people.length };
  return {
    id: areCaptionsWritten(talk) ? 'panel.status.captions' : 'panel.status',
    with: placeholders,
  };
}

/** Act of the bot, and the line of the panel that says so. */
type Activity = { readonly mood: PanelMood; readonly line: TextLine };

/** Finds what the bot does. Undefined: no question reaches it, and it answers none. */
function findActivity(facts: PanelFacts, isListening: boolean): Activity | undefined {
  const { talking } = facts;
  const answering = findAnswering(facts);
  if (answering || !isListening) return answering;
  const line: TextLine =
    talking === undefined
      ? { id: 'panel.listening' }
      : { id: 'panel.hearing', with: { name: talking } };
  return { mood: 'listening', line };
}

/** Lists captions, and questions that wait, were understood or were lost. */
function listQueueLines(facts: PanelFacts) {
  const { features, guildId, getName, state, talk } = facts;
  const { captionsChannelId } = features;
  const lost = listUnanswered(state).map((by) => getName(by));
  const captionsUrl =
    captionsChannelId === undefined
      ? undefined
      : `https://discord.com/channels/${guildId}/${captionsChannelId}`;
  return [
    ...listCaptionsLines(talk, captionsUrl),
    ...listNamesLine('panel.next', findNextName(state)),
    ...listUnderstoodLines(facts),
    ...listNamesLine('panel.lost.late', lost),
  ];
}

/** Lists where captions are written, or why those that are on are not. The first line says so of a bot for captions. */
function listCaptionsLines(
  talk: TalkState,
  captionsUrl: string | undefined,
): readonly TextLine[] {
  if (captionsUrl !== undefined && areCaptionsWritten(talk))
    return [{ id: 'panel.captions', with: { place: captionsUrl } }];
  const gap = talk.isCaptioned ? findCaptionsGap(talk) : undefined;
  const isToldFirst = talk.mode === 'captions' || gap?.id !== 'captions.unpaid';
  return gap && !isToldFirst ? [gap] : [];
}

function findAnswering({ state, step, talk }: PanelFacts): Activity | undefined {
  const { current } = state.turnQueue;
  const phases = state.turns.map((turn) => getPhase(turn, state));
  if (step) return { mood: 'thinking', line: step };
  if (current && current.phase.kind !== 'making') {
    const asker = findCurrentTurn(state)?.name;
    const line: TextLine =
      asker === undefined
        ? { id: 'panel.speaking.all', with: { channel: talk.channel } }
        : { id: 'panel.speaking', with: { name: asker } };
    return { mood: 'speaking', line };
  }
  if (current || phases.includes('waiting') || phases.includes('deciding'))
    return { mood: 'thinking', line: { id: 'panel.thinking' } };
  return undefined;
}

function findNextName({ turnQueue, turns }: ConversationState) {
  const [next] = turnQueue.waiting.flatMap(
    (id) => turns.find((turn) => turn.id === id) ?? [],
  );
  return turnQueue.current && next ? [next.name] : [];
}

/** Lists the latest question of each person as they were asked, where no captions show them. */
function listUnderstoodLines({
  // With each yes people read that everybody in the channel may see them.
  consent,
  features,
  getName,
  state,
  talk,
}: PanelFacts) {
  if (
    features.captionsChannelId !== undefined ||
    talk.isPaused ||
    state.session.isEnding
  )
    return [];
  const agreed = state.notes.understood.filter(
    ({ by }) => consent.canWrite(by) && consent.getConsent(by) !== 'policy',
  );
  return agreed
    .filter(({ by }, n) => agreed.findLastIndex((later) => later.by === by) === n)
    .slice(-maxShownQuestions)
    .flatMap(({ by, words: transcript }): readonly TextLine[] => {
      const question = truncate(toVisibleLine(transcript), maxQuestionChars);
      return question === ''
        ? []
        : [{ id: 'panel.heard', with: { name: getName(by), words: question } }];
    });
}

function listNamesLine(id: 'panel.next' | 'panel.lost.late', names: readonly string[]) {
  return toOptionalLines(names.length > 0, {
    id,
    with: { name: formatShortenedNames(names) },
  });
}

/** Creates the panel of a session as it is now, with the people who talk. */
export function createSessionPanel(
  {
    consent,
    features,
    loop,
    voiceChannel,
  }: {
    readonly consent: SessionConsent;
    readonly features: SessionFeatures;
    readonly loop: ConversationLoop;
    readonly voiceChannel: SessionChannel;
  },
  talk: TalkState,
  talkingIds: readonly PersonId[],
  answers: Pick<AnswerRunner, 'findPending'>,
): PanelContent {
  const { channel } = voiceChannel;
  const { state } = loop;
  const awaited = findAwaitedReply(state);
  return createPanel({
    talk,
    state,
    guildId: channel.guildId,
    consent,
    talking: talk.people.find(({ id }) => talkingIds.includes(id))?.name,
    getName: (personId) => voiceChannel.getName(personId),
    step: awaited && answers.findPending(awaited.reply)?.runningStep,
    features: features.describePanel(),
  });
}

/** Collects who is heard in a session and how the bot is spoken to, for the panel and `/help`. */
export function getTalkState(
  session: {
    readonly consent: SessionConsent;
    readonly consentNotices: ConsentNotices;
    readonly features: SessionFeatures;
    readonly loop: ConversationLoop;
    readonly voiceChannel: SessionChannel;
  },
  people: readonly ChannelMember[],
  deps: Deps<
    'isReadByPrograms' | 'isSmallModel' | 'localRecogniser' | 'places' | 'spending'
  >,
): Omit<TalkState, 'isAnew' | 'isUncalled'> {
  const { consent, loop, voiceChannel } = session;
  const { isReadByPrograms, places, spending } = deps;
  const { channelId, guildId, name } = voiceChannel.channel;
  const { persona, pipeline } = voiceChannel.getSettings();
  return {
    ...readHearingState(session, deps),
    isCaptioned: session.features.describePanel().isCaptioned === true,
    channel: name,
    bot: persona?.name ?? places.getBotName(guildId),
    isMuted: isMuted(loop.state.session),
    quietUntil: spending.findUsedBudget(guildId)?.time,
    people: people.flatMap(({ id, isBot, name: person }) => {
      const standing = consent.isAdmitted(id) ? consent.getConsent(id) : 'barred';
      const isShareUsed = spending.findUsedHearingBudget(guildId, id) !== undefined;
      const isLeftOut = consent.isLeftOut(id);
      return isBot ? [] : [{ id, name: person, standing, isShareUsed, isLeftOut }];
    }),
    untellable: listUntellable(session),
    isReadByPrograms: isReadByPrograms(channelId),
    isAnsweredHere: pipeline === 'chained' && deps.isSmallModel?.() === true,
  };
}

/** Lists people here that the policy would hear, and that could not be told so. */
export function listUntellable({
  consent,
  consentNotices,
}: {
  readonly consent: SessionConsent;
  readonly consentNotices: ConsentNotices;
}): readonly ChannelMember[] {
  return consent.listUntold().filter(({ id }) => consentNotices.untellableIds.has(id));
}

/** Returns the line that says for how many days captions are kept. */
export function describeRetention(days: number): TextLine {
  return { id: 'captions.kept', with: { days } };
}

/** Discord takes five edits in five seconds, and a question passes four states, most of them for a moment. */
const settledMs = 2_000;

type PanelDisplayDeps = Deps<'panels' | 'roomView'> & {
  readonly clock: Pick<Clock, 'later'>;
  /** Gets the channel to which the panel belongs. */
  readonly getChannel: () => ChannelRef;
};

/** Shows the panel of one session: on the page at once, in Discord without states that last for a moment. */
export class PanelDisplay {
  readonly #deps;
  #content = '';
  /** The content without its activity. */
  #lasting = '';
  #cancel: (() => void) | undefined;

  constructor(deps: PanelDisplayDeps) {
    this.#deps = deps;
  }

  /** Shows content, unless it is shown. Of a change of the activity alone, Discord shows what lasts for 2 s. */
  show(content: PanelContent): void {
    const { channelId, guildId } = this.#deps.getChannel();
    const next = JSON.stringify(content);
    if (next === this.#content) return;
    this.#content = next;
    const lasting = JSON.stringify(withoutActivity(content));
    const isMomentary = lasting === this.#lasting;
    this.#lasting = lasting;
    const owned = new Owned(content, { channelId });
    this.#deps.roomView?.show({ kind: 'panel', channelId, content: owned });
    const show = () => this.#deps.panels.show(guildId, owned);
    this.end();
    if (isMomentary) this.#cancel = this.#deps.clock.later(settledMs, show);
    else show();
  }

  /** Shows nothing more that waits. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function withoutActivity({ activity, lines, rows, status }: PanelContent) {
  return [lines.filter((line) => line !== activity), rows, status];
}
