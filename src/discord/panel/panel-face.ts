import {
  type MessageBody,
  messageBody,
  rowsOf,
  sentence,
} from '#src/discord/interactions/rendering.ts';
import type { Button } from '#src/features/command.ts';
import type { PanelFace } from '#src/ports/panel.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import { oneLine } from '#src/texts/plain.ts';
import type { Locale, TextLine } from '#src/texts/texts.ts';

/** The panel as it looks now. `head`: its sentence before its face is known. */
export function drawPanel(
  head: TextLine | undefined,
  face: PanelFace | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const { lines, rows } = face ?? {
    lines: head ? [head] : [],
    rows: [['stop', 'more'], consentButtons],
  };
  const isKnown = (name: string) => buttons.has(name.split(':')[0] ?? '');
  const content = lines.map((line) => oneLine(sentence(line, locale))).join('\n');
  return {
    ...messageBody(content),
    components: rows.flatMap((row) => [...rowsOf(row.filter(isKnown), locale, buttons)]),
  };
}
