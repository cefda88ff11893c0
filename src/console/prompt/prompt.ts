import { createInterface } from 'node:readline';
import { addAbortSignal, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { Mailbox } from '#src/base/mailbox.ts';
import type { Screen } from '#src/console/screen.ts';

/** Words that may stand in place of `typed` at the end of the line. */
export type Suggestions = { readonly typed: string; readonly words: readonly string[] };

export type PromptOptions = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly screen: Screen;
  /** Suggestions for the line up to the cursor; an error means none. */
  readonly suggest: (line: string) => Promise<Suggestions>;
};

/** Lines typed ahead; more than this are dropped, oldest first. */
const lineLimit = 100;
const historyLines = 200;

/**
 * Lines typed at a terminal, with history and completion; Ctrl+C and Ctrl+D end them.
 *
 * Aborting `signal` ends them too, and gives the terminal back.
 */
export async function* promptLines(
  { input, output, screen, suggest }: PromptOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const prompt = createInterface({
    input,
    output,
    terminal: true,
    prompt: '> ',
    historySize: historyLines,
    removeHistoryDuplicates: true,
    completer: completer(suggest),
  });
  const lines = new Mailbox<string>(lineLimit);
  prompt.on('line', (line) => lines.put(line));
  prompt.on('SIGINT', () => prompt.close());
  let isOpen = true;
  prompt.on('close', () => {
    isOpen = false;
    lines.end();
  });
  const close = () => prompt.close();
  signal.addEventListener('abort', close);
  if (signal.aborted) close();
  try {
    screen.keep(prompt);
    prompt.prompt();
    for await (const line of lines.read(new AbortController().signal)) {
      yield line;
      if (isOpen) prompt.prompt();
    }
  } finally {
    screen.keep(undefined);
    signal.removeEventListener('abort', close);
    close();
    output.write('\n');
  }
}

type CompletionCallback = (error: null, result: [string[], string]) => void;

function completer(
  suggest: PromptOptions['suggest'],
): (line: string, answer: CompletionCallback) => void {
  return (line, answer) => {
    suggest(line).then(
      ({ words, typed }) => answer(null, [[...words], typed]),
      () => answer(null, [[], '']),
    );
  };
}

/** Longest line, in characters; the rest is dropped. */
const longestChars = 16_000;

/**
 * Lines of a pipe or a file, read no faster than they are taken; one that cannot be read has none.
 *
 * Aborting `signal` ends them.
 */
export async function* pipeLines(source: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const bytes of addAbortSignal(signal, source)) {
      const [first = '', ...more] = decoder.write(bytes).split('\n');
      rest = (rest + first).slice(0, longestChars);
      for (const next of more) {
        yield rest;
        rest = next.slice(0, longestChars);
      }
    }
  } catch {
    return; // a closed descriptor or a folder: there is no input
  }
  if (rest !== '') yield rest;
}
