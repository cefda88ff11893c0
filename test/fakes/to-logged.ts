import type { LoggedText } from '#src/base/logged-text.ts';

/** Marks a text of a test as admitted to the log. */
export function toLogged(text: string): LoggedText {
  return text as LoggedText;
}
