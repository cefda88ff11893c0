import type { Press } from '#src/session/command.ts';
import type { PanelFace } from '#src/session/panel.ts';
import type { Line, Locale } from '#src/texts/texts.ts';
import { cut, maxMessageChars } from './plain.ts';
import { type Message, rowsOf, sentence } from './rendering.ts';

export type PanelLook = {
  readonly locale: Locale;
  /** What the bot is called in this server. */
  readonly botName: string;
  readonly presses: ReadonlyMap<string, Press>;
};

/** Names shown per line, the first one in any case; further ones are counted. */
const maxNamesChars = 200;
/** Of the buttons by which somebody says yes or no. */
export const consentNames = ['consent.always', 'consent.today', 'consent.never'] as const;
/** How long captions are kept. Source: product, consent flow. */
export const captionDays = 7;

/** The panel as it looks now, under the sentence of the `/join` that put it there. */
export function drawPanel(
  head: string | undefined,
  face: PanelFace | undefined,
  look: PanelLook,
): Message {
  const { locale, presses } = look;
  const lines = face ? faceLines(face, look) : [];
  const content = lines.map((line) => sentence(line, locale)).join('\n');
  const isHere = face?.state.kind !== 'left';
  const whole = [isHere ? (head ?? '') : '', content].filter(Boolean).join('\n');
  return {
    content: cut(whole, maxMessageChars),
    allowedMentions: { parse: [] },
    components: buttonNames(face).flatMap((row) => [...rowsOf(row.filter(known), locale, presses)]),
  };

  function known(name: string): boolean {
    return presses.has(name);
  }
}

function buttonNames(face: PanelFace | undefined): readonly (readonly string[])[] {
  const listening = face?.state.kind === 'paused' ? 'resume' : 'pause';
  return [['ask', 'stop', listening, 'privacy'], consentNames];
}

function faceLines(face: PanelFace, { botName }: PanelLook): readonly Line[] {
  const { state, asked = [], firstHeard = [], next, lost = [], lastAnswerMs, engine } = face;
  if (state.kind === 'left') return [{ id: 'panel.left' }];
  const unasked = namesOf(face, 'unasked');
  return [
    stateLine(state),
    ...namesLine('panel.next', next === undefined ? [] : [next]),
    ...namesLine('panel.lost', lost),
    ...namesLine('panel.asked', asked),
    ...namesLine('join.first_heard', firstHeard),
    ...peopleLine('yes', namesOf(face, 'yes')),
    ...peopleLine('unasked', unasked),
    ...peopleLine('no', namesOf(face, 'no')),
    lastAnswerMs === undefined
      ? { id: 'panel.engine', with: { engine } }
      : { id: 'panel.last', with: { ms: Math.round(lastAnswerMs), engine } },
    ...(unasked
      ? [{ id: 'privacy.card', with: { bot: botName, days: captionDays } } as const]
      : []),
  ];
}

function stateLine(state: Exclude<PanelFace['state'], { kind: 'left' }>): Line {
  if (state.kind === 'step') return { id: state.step };
  if ('name' in state) return { id: `panel.${state.kind}`, with: { name: state.name } };
  if (state.kind === 'quiet') return { id: 'panel.quiet', with: { time: state.time } };
  return { id: `panel.${state.kind}` };
}

function namesLine(
  id: 'panel.asked' | 'panel.next' | 'panel.lost' | 'join.first_heard',
  names: readonly string[],
): readonly Line[] {
  return names.length > 0 ? [{ id, with: { name: listed(names) } }] : [];
}

function peopleLine(heard: Heard, names: string): readonly Line[] {
  return names ? [{ id: `panel.people.${heard}`, with: { names } }] : [];
}

type Heard = PanelFace['people'][number]['heard'];

function namesOf({ people }: PanelFace, heard: Heard): string {
  return listed(people.filter((person) => person.heard === heard).map(({ name }) => name));
}

function listed(all: readonly string[]): string {
  const fitting = all.filter(
    (_, n) => n === 0 || all.slice(0, n + 1).join(', ').length <= maxNamesChars,
  );
  const more = all.length - fitting.length;
  return [...fitting, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}
