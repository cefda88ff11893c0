import {
  type MessageBody,
  messageBody,
  rowsOf,
  sentence,
} from '#src/discord/interactions/rendering.ts';
import type { Button } from '#src/features/contract/command.ts';
import { consentButtons, type PanelFace } from '#src/ports/panel.ts';
import { oneLine } from '#src/texts/plain.ts';
import type { Locale, TextLine } from '#src/texts/texts.ts';

/** The panel as it looks now. `head`: the line that put it there; that of a `/join` changes with the channel. */
export function drawPanel(
  head: TextLine | undefined,
  face: PanelFace | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const above = headLines(head, face).map((line) => sentence(line, locale));
  const below = (face?.lines ?? []).map((line) => oneLine(sentence(line, locale)));
  const consent = (face?.isAsking ?? true) ? consentButtons : [];
  const rows = [['ask', 'stop', 'more'], face?.buttons ?? [], consent];
  const isKnown = (name: string) => buttons.has(name.split(':')[0] ?? '');
  return {
    ...messageBody([...above, ...below].join('\n')),
    components: rows.flatMap((row) => [...rowsOf(row.filter(isKnown), locale, buttons)]),
  };
}

function headLines(head: TextLine | undefined, face: PanelFace | undefined): readonly TextLine[] {
  if (!head || face?.isLeft) return [];
  // The number of people in the channel, and their consent, decide about a line of `joinedLine`.
  if (!face || !head.id.startsWith('join.ok')) return [head];
  return face.headline ? [face.headline] : [];
}
