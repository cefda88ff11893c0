import { getErrorMessage } from './errors.ts';

/** Describes an argument that `parseArgs()` or a later check rejects. */
export function describeArgumentMistake(error: unknown): string {
  const isStray =
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
  // A word without a flag may be a secret, so the sentence does not repeat it.
  if (isStray) return 'There is a word without a flag.';
  return `${getErrorMessage(error).split(/\.\s|\.$/)[0]}.`;
}
