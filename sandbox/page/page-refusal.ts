import { BotError } from '#src/base/errors.ts';
import { formatText, type Locale, type TextLine } from '#src/texts/texts.ts';

/** A request that the page may not do, with the sentence for its reader. */
export class PageRefusal extends Error {
  override readonly name = 'PageRefusal';
  readonly line: TextLine;

  constructor(line: TextLine) {
    super(formatText(line.id, line.with));
    this.line = line;
  }
}

/**
 * Explains an error to the reader of a page, in the language of the page: the one gate through which a refusal reaches it.
 * `cause` is the sentence for operators, in English.
 */
export function explainRefusal(
  error: unknown,
  locale: Locale,
): { readonly ok: false; readonly error: string; readonly cause: string } {
  const { id, with: values } = findLine(error);
  const cause = error instanceof Error ? error.message : '';
  return { ok: false, error: formatText(id, values, locale), cause };
}

function findLine(error: unknown): TextLine {
  if (error instanceof PageRefusal) return error.line;
  const isLate = error instanceof BotError && error.code === 'sandbox.failed';
  return { id: isLate ? 'page.refused.late' : 'page.failed' };
}
