import { messageOf } from './errors.ts';

/** Describes an argument that `parseArgs()` or a later check rejects. */
export function argumentMistake(error: unknown): string {
  const isStray =
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
  // A word without a flag may be a secret, so the sentence does not repeat it.
  if (isStray) return 'There is a word without a flag.';
  return `${messageOf(error).split(/\.\s|\.$/)[0]}.`;
}
