import { messageOf } from './errors.ts';

/** Sentence about arguments that parseArgs() or a check of them refuses. A word without a flag may be a secret: it is not repeated. */
export function argumentMistake(error: unknown): string {
  const isStray =
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
  if (isStray) return 'There is a word without a flag.';
  return `${messageOf(error).split(/\.\s|\.$/)[0]}.`;
}
