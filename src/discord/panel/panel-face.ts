import {
  type MessageBody,
  renderButtonRows,
  renderSentence,
  toMessageBody,
} from '#src/discord/interactions/rendering.ts';
import type { Button } from '#src/features/command.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import type { Locale, TextLine } from '#src/texts/texts.ts';

/** `head` is shown while the content is unknown. */
export function drawPanel(
  head: TextLine | undefined,
  face: PanelContent | undefined,
  locale: Locale,
  buttons: ReadonlyMap<string, Button>,
): MessageBody {
  const { lines, rows } = face ?? {
    lines: head ? [head] : [],
    rows: [['stop', 'more'], consentButtons],
  };
  const isKnown = (name: string) => buttons.has(name.split(':')[0] ?? '');
  const content = lines
    .map((line) => toOneLine(renderSentence(line, locale)))
    .join('\n');
  return {
    ...toMessageBody(content),
    components: rows.flatMap((row) => [
      ...renderButtonRows(row.filter(isKnown), locale, buttons),
    ]),
  };
}
