import type { TextLine } from './texts.ts';

/** Retention of captions where they are on, in days, as text. */
export function captionsKept(days: number): TextLine {
  return days === 0 ? { id: 'captions.kept.not' } : { id: 'captions.kept', with: { days } };
}
