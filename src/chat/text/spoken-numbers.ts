import { toCardinal } from 'n2words/en-US';

/** Formats whole numbers from 0 to 99, as `twenty five`. */
export function formatNumberWords(value: number): string {
  return toCardinal(value).replace('-', ' ');
}
