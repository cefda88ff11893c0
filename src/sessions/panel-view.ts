import type { ConsentGate } from '#src/conversation/hearing/consent-gate.ts';
import { awaitedReply, currentTurn, phaseOf } from '#src/conversation/machine/questions.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { FeaturePanel, PanelFace } from '#src/ports/panel.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { cut } from '#src/texts/plain.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import { joinedLine, visibleLine } from '#src/texts/visible-line.ts';

/** People in a channel, whether or not the bot reaches them. */
type PanelPeople = {
  /** Everybody there, bots included. */
  readonly people: readonly ChannelMember[];
  readonly gate: Pick<
    ConsentGate,
    'consentOf' | 'isRead' | 'mayWrite' | 'paused' | 'saidNo' | 'standing'
  >;
};

/** Everything that the panel is made from while the link is there. */
export type PanelFacts = PanelPeople & {
  readonly state: ConversationState;
  readonly channel: ChannelRef;
  readonly botName: string;
  readonly maySpeak: boolean;
  readonly talkingIds: readonly string[];
  readonly nameOf: (personId: string) => string;
  /** The tool that people wait for. */
  readonly step?: PlainTextId | undefined;
  /** When there is a new budget, if this one is used. */
  readonly quietUntil?: string | undefined;
  /** The panel stands in the chat of the voice channel: there questions may be read. */
  readonly isInChat: boolean;
  readonly isReadByPrograms?: boolean;
  readonly features: FeaturePanel;
};

/** Questions shown at once, one of each person, and the most characters of each. */
const [mostShown, mostChars] = [3, 200];
/** Names shown per line, the first one in any case; further ones are counted. */
const maxNamesChars = 200;

/** The panel of a channel whose link is there. */
export function panelOf(facts: PanelFacts): PanelFace {
  const { channel, features, gate, maySpeak, nameOf, state } = facts;
  const { captionsIn, buttons = [], lines = [] } = features;
  const { dropped } = state.notes;
  const lost = dropped.map(({ by }) => nameOf(by));
  const place = `https://discord.com/channels/${channel.guildId}/${captionsIn}`;
  return {
    headline: maySpeak && !gate.paused ? headlineOf(facts) : undefined,
    lines: [
      activityLine(facts),
      ...(captionsIn === undefined ? [] : [{ id: 'panel.captions', with: { place } } as const]),
      ...(facts.isReadByPrograms ? [{ id: 'panel.programs' } as const] : []),
      ...namesLine('panel.next', followingOf(state)),
      ...understoodLines(facts),
      ...namesLine('panel.lost.late', lost),
      ...peopleLines(facts),
      ...lines,
      ...privacyLines(facts, features.captionsDays),
    ],
    buttons,
    isAsking: isAsking(facts),
  };
}

/** The panel of a link that is away and is to come back. */
export function awayPanel(company: PanelPeople): PanelFace {
  const away = { id: 'panel.reconnecting' } as const;
  const lines = [away, ...peopleLines(company), ...privacyLines(company)];
  return { lines, buttons: [], isAsking: isAsking(company) };
}

function headlineOf(facts: PanelFacts): TextLine {
  const persons = facts.people.filter(({ isBot }) => !isBot);
  const names = { channel: facts.channel.name, bot: facts.botName };
  return joinedLine(persons.length, isAsking(facts), names);
}

/** What goes on. A pause comes first, so that the button's presser sees that it worked. */
function activityLine(facts: PanelFacts): TextLine {
  const { channel, gate, maySpeak, people, quietUntil, state, step, talkingIds } = facts;
  const { current } = state.floor;
  const phases = state.turns.map((turn) => phaseOf(turn, state));
  if (gate.paused) return { id: 'panel.paused' };
  if (step) return { id: step };
  if (current && current.phase.kind !== 'making')
    return { id: 'panel.speaking', with: { name: currentTurn(state)?.name ?? channel.name } };
  if (current || phases.includes('waiting') || phases.includes('deciding'))
    return { id: 'panel.thinking' };
  if (quietUntil !== undefined) return { id: 'panel.quiet', with: { time: quietUntil } };
  const talker = people.find(({ id }) => talkingIds.includes(id));
  if (talker) return { id: 'panel.hearing', with: { name: talker.name } };
  return { id: maySpeak ? 'panel.listening' : 'panel.captions_only' };
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
  features,
  gate,
  isInChat,
  nameOf,
  state,
}: PanelFacts): readonly TextLine[] {
  if (!isInChat || features.captionsIn !== undefined || gate.paused || state.isEnding) return [];
  const mayShow = (id: string) => gate.mayWrite(id) && gate.consentOf(id) !== 'policy';
  const agreed = state.notes.understood.filter(({ by }) => mayShow(by));
  const latest = new Map(agreed.map(({ by, words }) => [by, words]));
  return [...latest].slice(-mostShown).flatMap(([by, heard]): readonly TextLine[] => {
    const words = cut(visibleLine(heard), mostChars);
    return words === '' ? [] : [{ id: 'panel.heard', with: { name: nameOf(by), words } }];
  });
}

/** People who are heard, and who have not answered; of those who said no only their number. */
function peopleLines({ gate, people }: PanelPeople): readonly TextLine[] {
  const persons = people.filter(({ isBot }) => !isBot);
  const those = (heard: string) => persons.filter(({ id }) => gate.standing(id) === heard);
  const yes = listed(namesOf(those('yes')));
  const open = listed(namesOf(those('unasked')));
  const denied = those('no').filter(({ id }) => gate.saidNo(id)).length;
  return [
    ...(yes ? [{ id: 'panel.people.yes', with: { names: yes } } as const] : []),
    ...(open ? [{ id: 'panel.people.unasked', with: { names: open } } as const] : []),
    ...(denied > 0 ? [{ id: 'panel.people.no', with: { n: denied } } as const] : []),
  ];
}

/** What a person who has not decided is to know. */
function privacyLines(company: PanelPeople, captionsDays?: number): readonly TextLine[] {
  if (!isAsking(company)) return [];
  return [
    { id: 'panel.privacy' },
    ...(captionsDays === undefined ? [] : [captionsKept(captionsDays)]),
  ];
}

function isAsking({ gate, people }: PanelPeople): boolean {
  return people.some(({ id, isBot }) => !isBot && gate.standing(id) === 'unasked');
}

function namesOf(people: readonly ChannelMember[]): readonly string[] {
  return people.map(({ name }) => name);
}

function namesLine(
  id: 'panel.next' | 'panel.lost.late',
  names: readonly string[],
): readonly TextLine[] {
  return names.length > 0 ? [{ id, with: { name: listed(names) } }] : [];
}

/** Further names are counted. */
function listed(all: readonly string[]): string {
  const fitting = all.filter(
    (_, n) => n === 0 || all.slice(0, n + 1).join(', ').length <= maxNamesChars,
  );
  const more = all.length - fitting.length;
  return [...fitting, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}

/** The panel of a session now. `talkingIds`: people who talk. */
export function panelNow(
  context: SessionContext,
  people: readonly ChannelMember[],
  talkingIds: readonly string[],
): PanelFace {
  const { channel, features, maySpeak, nameOf, parts, stepOf, talk } = context;
  const { panels, places, spending } = parts;
  return panelOf({
    ...companyIn(context, people),
    state: talk.state,
    channel,
    botName: places.botName(channel.guildId),
    maySpeak: maySpeak(),
    talkingIds,
    nameOf,
    step: stepOf(awaitedReply(talk.state)?.reply),
    quietUntil: spending.used(channel.guildId)?.time,
    isInChat: panels.placeIn(channel.guildId)?.channelId === channel.channelId,
    isReadByPrograms: parts.isReadByPrograms(channel.channelId),
    features: features.panel(),
  });
}

/** People of a session for its panel. */
export function companyIn(
  { gate, unanswered }: SessionContext,
  people: readonly ChannelMember[],
): PanelPeople {
  unanswered.keep(people);
  return { people, gate };
}

/** Retention of captions where they are on, in days, as text. */
export function captionsKept(days: number): TextLine {
  return { id: 'captions.kept', with: { days } };
}
