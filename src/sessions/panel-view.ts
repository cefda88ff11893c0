import type { SessionConsent } from '#src/conversation/hearing/session-consent.ts';
import {
  awaitedReply,
  currentTurn,
  isMuted,
  phaseOf,
} from '#src/conversation/machine/questions.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { FeaturePanel, PanelFace } from '#src/ports/panel.ts';
import { listNames, type TalkState, talkGuide } from '#src/ports/talk-guide.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { cut } from '#src/texts/plain.ts';
import { lineIf, type PlainTextId, type TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { ConnectionSources } from './hear-and-speak-loop.ts';

/** Everything that the panel is made from. */
export type PanelFacts = {
  readonly talk: TalkState;
  readonly state: ConversationState;
  readonly guildId: GuildId;
  readonly consent: Pick<SessionConsent, 'consentOf' | 'mayWrite'>;
  /** Name of a person who talks. */
  readonly talking?: string | undefined;
  readonly nameOf: (personId: PersonId) => string;
  /** The tool that people wait for. */
  readonly step?: PlainTextId | undefined;
  /** The panel stands in the chat of the voice channel: there questions may be read. */
  readonly isInChat: boolean;
  readonly features: FeaturePanel;
};

/** Questions shown at once, one of each person, and the most characters of each. */
const [mostShown, mostChars] = [3, 200];

/** The panel of a session: how to talk to the bot, what goes on while somebody may, and who is heard. */
export function panelOf(facts: PanelFacts): PanelFace {
  const { features, talk } = facts;
  const { buttons, consent, first, heardCount, isAsking, notes, people } = talkGuide(talk);
  // What a person who has not decided is to know.
  const { captionsDays: days } = features;
  const kept = days === undefined ? [] : [captionsKept(days)];
  const asked = [...lineIf(isAsking, { id: 'panel.privacy' }), ...(isAsking ? kept : [])];
  const now = talk.isLinked ? activityLines(facts, buttons.includes('ask')) : [];
  const own = talk.isLinked ? (features.lines ?? []) : [];
  const ownButtons = talk.isLinked ? (features.buttons ?? []) : [];
  return {
    lines: [first, ...now, ...people, ...notes, ...own, ...asked],
    rows: [buttons, ownButtons, consent],
    status: talk.isLinked ? statusLine(facts, heardCount) : undefined,
  };
}

/** Line below the name of the voice channel. */
function statusLine({ features, talk }: PanelFacts, heard: number): TextLine {
  const words = { bot: talk.bot, heard, people: talk.people.length };
  const isCaptioned = features.captionsIn !== undefined;
  return { id: isCaptioned ? 'panel.status.captions' : 'panel.status', with: words };
}

/** What goes on in a channel whose link is there; it listens only where somebody may be answered. */
function activityLines(facts: PanelFacts, isListening: boolean): readonly TextLine[] {
  const { features, guildId, nameOf, state, talking } = facts;
  const { captionsIn } = features;
  const lost = state.notes.dropped.map(({ by }) => nameOf(by));
  const place = `https://discord.com/channels/${guildId}/${captionsIn}`;
  const idle: TextLine =
    talking === undefined
      ? { id: 'panel.listening' }
      : { id: 'panel.hearing', with: { name: talking } };
  return [
    ...(answeringLine(facts) ?? lineIf(isListening, idle)),
    ...lineIf(captionsIn !== undefined, { id: 'panel.captions', with: { place } }),
    ...namesLine('panel.next', followingOf(state)),
    ...understoodLines(facts),
    ...namesLine('panel.lost.late', lost),
  ];
}

/** What it does for a person; undefined: nothing. */
function answeringLine({ state, step, talk }: PanelFacts): readonly [TextLine] | undefined {
  const { current } = state.floor;
  const phases = state.turns.map((turn) => phaseOf(turn, state));
  if (step) return [{ id: step }];
  if (current && current.phase.kind !== 'making')
    return [{ id: 'panel.speaking', with: { name: currentTurn(state)?.name ?? talk.channel } }];
  if (current || phases.includes('waiting') || phases.includes('deciding'))
    return [{ id: 'panel.thinking' }];
  return undefined;
}

/** Name of the person who is answered after the current turn. */
function followingOf({ floor, turns }: ConversationState): readonly string[] {
  const [next] = floor.queue.flatMap((id) => turns.find((one) => one.id === id) ?? []);
  return floor.current && next ? [next.name] : [];
}

/**
 * Questions of the last minute, the latest of each person: spoken words, while they are written nowhere else, in the chat of the voice
 * channel. Each yes is told that all who can open it may read them.
 */
function understoodLines({
  consent,
  features,
  isInChat,
  nameOf,
  state,
  talk,
}: PanelFacts): readonly TextLine[] {
  if (!isInChat || features.captionsIn !== undefined || talk.isPaused || state.isEnding) return [];
  const mayShow = (id: string) => consent.mayWrite(id) && consent.consentOf(id) !== 'policy';
  const agreed = state.notes.understood.filter(({ by }) => mayShow(by));
  const latest = new Map(agreed.map(({ by, words }) => [by, words]));
  return [...latest].slice(-mostShown).flatMap(([by, heard]): readonly TextLine[] => {
    const words = cut(visibleLine(heard), mostChars);
    return words === '' ? [] : [{ id: 'panel.heard', with: { name: nameOf(by), words } }];
  });
}

function namesLine(
  id: 'panel.next' | 'panel.lost.late',
  names: readonly string[],
): readonly TextLine[] {
  return lineIf(names.length > 0, { id, with: { name: listNames(names) } });
}

/** The panel of a session now. `talkingIds`: people who talk. */
export function panelNow(
  { consent, features, loop, place }: Owners<'consent' | 'features' | 'loop' | 'place'>,
  talk: TalkState,
  talkingIds: readonly PersonId[],
  { deps, stepOf }: Pick<ConnectionSources, 'deps' | 'stepOf'>,
): PanelFace {
  const { channel, nameOf } = place;
  const { state } = loop;
  return panelOf({
    talk,
    state,
    guildId: channel.guildId,
    consent,
    talking: talk.people.find(({ id }) => talkingIds.includes(id))?.name,
    nameOf,
    step: stepOf(awaitedReply(state)?.reply),
    isInChat: deps.panels.placeIn(channel.guildId)?.channelId === channel.channelId,
    features: features.panel(),
  });
}

type PanelDeps = Deps<'isReadByPrograms' | 'places' | 'spending'>;

/** What decides whether people in the channel of a session are answered, as far as its owners know. */
export function talkStateOf(
  { consent, loop, place }: Owners<'consent' | 'loop' | 'place'>,
  people: readonly ChannelMember[],
  { isReadByPrograms, places, spending }: PanelDeps,
): Omit<TalkState, 'isAnew' | 'isLinked' | 'isUncalled'> {
  const { channelId, guildId, name } = place.channel;
  const { persona } = place.settings();
  const { addressing, mode } = loop.state.settings;
  return {
    isDeafened: loop.state.restrictions.includes('deafened'),
    channel: name,
    bot: persona?.name ?? places.botName(guildId),
    mode,
    addressing,
    isMuted: isMuted(loop.state),
    isPaused: consent.paused,
    quietUntil: spending.used(guildId)?.time,
    people: people.flatMap(({ id, isBot, name: person }) => {
      const standing = consent.isAdmitted(id) ? consent.consentOf(id) : 'barred';
      return isBot ? [] : [{ id, name: person, standing }];
    }),
    isReadByPrograms: isReadByPrograms(channelId),
  };
}

/** Retention of captions where they are on, in days, as text. */
export function captionsKept(days: number): TextLine {
  return { id: 'captions.kept', with: { days } };
}
