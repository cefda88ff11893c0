import type { Button } from '#src/conversation/command.ts';
import { isJoinedLine } from '#src/conversation/joining/joined-line.ts';
import {
  consentButtons,
  type LostQuestion,
  type PanelFace,
  type PanelTrack,
} from '#src/conversation/ports/panel.ts';
import { type MessageBody, rowsOf, sentence } from '#src/discord/interactions/rendering.ts';
import { captionsKept } from '#src/texts/captions-kept.ts';
import { playingTime } from '#src/texts/duration.ts';
import { cut, firstChars, maxMessageChars, oneLine } from '#src/texts/plain.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';

export type PanelView = {
  readonly guildId: string;
  /** Name of the bot in this server. */
  readonly botName: string;
  readonly locale: Locale;
  readonly buttons: ReadonlyMap<string, Button>;
};

/** Names shown per line, the first one in any case; further ones are counted. */
const maxNamesChars = 200;
/** Further tracks are counted, longer titles cut. */
const [maxTracks, maxTitleChars] = [3, 40];

/** The panel as it looks now. `head`: the line that put it there; that of a `/join` changes with the channel. */
export function drawPanel(
  head: TextLine | undefined,
  face: PanelFace | undefined,
  view: PanelView,
): MessageBody {
  const { locale, buttons } = view;
  const above = headLines(head, face).map((line) => sentence(line, locale));
  const lines = face ? faceLines(face, view) : [];
  const below = lines.map((line) => oneLine(sentence(line, locale)));
  return {
    content: cut([...above, ...below].join('\n'), maxMessageChars),
    allowedMentions: { parse: [] },
    components: buttonNames(face).flatMap((row) => [...rowsOf(row.filter(known), locale, buttons)]),
  };

  function known(name: string): boolean {
    const [press = ''] = name.split(':');
    return buttons.has(press);
  }
}

function headLines(head: TextLine | undefined, face: PanelFace | undefined): readonly TextLine[] {
  if (!head || face?.state.kind === 'left') return [];
  if (!face || !isJoinedLine(head)) return [head];
  return face.headline ? [face.headline] : [];
}

function buttonNames(face: PanelFace | undefined): readonly (readonly string[])[] {
  const isAsking = face?.people.some(({ heard }) => heard === 'unasked') ?? true;
  return [['ask', 'stop', 'more'], face?.buttons ?? [], isAsking ? consentButtons : []];
}

function faceLines(face: PanelFace, { botName, guildId, locale }: PanelView): readonly TextLine[] {
  const {
    state,
    asked = [],
    firstHeard = [],
    understood = [],
    next,
    lost = [],
    unnamed = [],
    captionsDays,
  } = face;
  if (state.kind === 'left') return leftLines(state);
  const unasked = namesOf(face, 'unasked');
  const denied = face.people.filter(({ heard }) => heard === 'no').length;
  return [
    stateLine(state),
    ...captionsLine(face, guildId),
    ...namesLine('panel.next', next === undefined ? [] : [next]),
    ...understood.map((one): TextLine => ({ id: 'panel.heard', with: one })),
    ...lostLines(lost),
    ...unnamed.map(({ name }): TextLine => ({ id: 'panel.unnamed', with: { name, bot: botName } })),
    ...namesLine('panel.asked', asked),
    ...namesLine('join.first_heard', firstHeard),
    ...peopleLine('yes', namesOf(face, 'yes')),
    ...peopleLine('unasked', unasked),
    ...(denied > 0 ? [{ id: 'panel.people.no', with: { n: denied } } as const] : []),
    ...tracksLine(face.tracks ?? [], locale),
    ...(face.lines ?? []),
    ...(unasked ? [{ id: 'panel.privacy' } as const] : []),
    ...(unasked && captionsDays !== undefined ? [captionsKept(captionsDays)] : []),
  ];
}

function leftLines({ why }: LeftState): readonly TextLine[] {
  return [{ id: 'leave.nowhere' }, ...(why ? [why] : [])];
}

type LeftState = Extract<PanelFace['state'], { kind: 'left' }>;

function stateLine(state: Exclude<PanelFace['state'], { kind: 'left' }>): TextLine {
  if (state.kind === 'step') return { id: state.step };
  if ('name' in state) return { id: `panel.${state.kind}`, with: { name: state.name } };
  if (state.kind === 'quiet') return { id: 'panel.quiet', with: { time: state.time } };
  return { id: `panel.${state.kind}` };
}

/** Where captions are posted: Discord shows the address as a link to the channel. */
function captionsLine({ captionsIn }: PanelFace, guildId: string): readonly TextLine[] {
  if (captionsIn === undefined) return [];
  const place = `https://discord.com/channels/${guildId}/${captionsIn}`;
  return [{ id: 'panel.captions', with: { place } }];
}

function lostLines(lost: readonly LostQuestion[]): readonly TextLine[] {
  return (['late', 'budget'] as const).flatMap((why) => {
    const names = lost.filter((one) => one.why === why).map(({ name }) => name);
    return namesLine(`panel.lost.${why}`, names);
  });
}

function namesLine(
  id: 'panel.asked' | 'panel.next' | `panel.lost.${LostQuestion['why']}` | 'join.first_heard',
  names: readonly string[],
): readonly TextLine[] {
  return names.length > 0 ? [{ id, with: { name: listed(names) } }] : [];
}

function peopleLine(heard: 'yes' | 'unasked', names: string): readonly TextLine[] {
  return names ? [{ id: `panel.people.${heard}`, with: { names } }] : [];
}

function tracksLine(all: readonly PanelTrack[], locale: Locale): readonly TextLine[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, maxTracks).map((track) => trackWords(track, locale));
  const more = all.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`+${more}`] : [])].join('; ');
  return [{ id: 'panel.tracks', with: { list } }];
}

function trackWords(track: PanelTrack, locale: Locale): string {
  const { name, title, percent: n, isMuted, isPaused, positionMs = 0, lengthMs } = track;
  const muted = isMuted ? `, ${text('track.mutes', {}, locale)}` : '';
  const paused = isPaused ? `${text('panel.paused', {}, locale)}, ` : '';
  const time = `${paused}${playingTime(positionMs, lengthMs)}${muted}`;
  const words = { track: name, title: firstChars(title, maxTitleChars), time, n };
  return text('track.line', words, locale);
}

/** Names of these people; the others are counted. */
function namesOf({ people }: PanelFace, heard: 'yes' | 'unasked'): string {
  const these = people.filter((person) => person.heard === heard);
  const names = these.flatMap(({ name }) => name ?? []);
  return listed(names, these.length - names.length);
}

/** `others`: number of people besides, who are not named. */
function listed(all: readonly string[], others = 0): string {
  const fitting = all.filter(
    (_, n) => n === 0 || all.slice(0, n + 1).join(', ').length <= maxNamesChars,
  );
  const more = all.length - fitting.length + others;
  return [...fitting, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}
