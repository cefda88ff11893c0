import { ifInTime } from '#src/base/waiting.ts';
import type { CommandCall, CommandOption, CommandPorts, Reply } from '#src/conversation/command.ts';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';

import { type TextLine, text } from '#src/texts/texts.ts';

/** Longest wait, in ms, for an end. */
const longestEndMs = 840_000;
/** Together with the search for a sound it stays below the 15 minutes in which Discord accepts a reply. */
const longestWaitMs = 870_000;
/** That wait, in minutes, as people read it. */
const waitedMinutes = longestEndMs / 60_000;

const never = new AbortController().signal;

/** Makes the reply report how the speech or sound ended. */
export const waitOption: CommandOption = {
  name: 'wait',
  description: 'command.wait',
  kind: 'truth',
};

/** Additional fields of a command with `waitOption`: its longest time, and the text shown meanwhile. */
export const waiting = {
  longestMs: ({ words }: CommandCall) => (isAwaited(words) ? longestWaitMs : undefined),
  meanwhile: ({ words }: CommandCall): TextLine | undefined =>
    isAwaited(words) ? { id: 'ended.waiting' } : undefined,
};

/** Listener to an awaited end, and the reply once it came or is late. */
export type AwaitedEnd = {
  readonly onEnd: (end: PlayEnd) => void;
  reply(title: string, to: Reply['to']): Promise<Reply>;
};

export function awaitedEnd(
  { callerLocale, words }: CommandCall,
  { clock }: Pick<CommandPorts, 'clock'>,
): AwaitedEnd | undefined {
  if (!isAwaited(words)) return undefined;
  const ended = Promise.withResolvers<PlayEnd>();
  return {
    onEnd: ended.resolve,
    async reply(title, to) {
      const end = await ifInTime(ended.promise, longestEndMs, clock, never);
      return { ...lineOf(end, title, callerLocale), to };
    },
  };
}

function lineOf(
  end: PlayEnd | undefined,
  title: string,
  locale: CommandCall['callerLocale'],
): TextLine {
  switch (end?.kind) {
    case undefined:
      return { id: 'ended.late', with: { title, n: waitedMinutes } };
    case 'completed':
      return { id: 'ended.completed', with: { title } };
    case 'skipped':
    case 'stopped':
      return { id: 'ended.asked', with: { title } };
    case 'failed': {
      const { id, with: words } = end.reason;
      const reason = text(id, words, locale).replace(/[.\u3002]$/u, '');
      return { id: 'ended.failed', with: { title, reason } };
    }
  }
}

function isAwaited({ wait }: CommandCall['words']): boolean {
  return wait === 'true';
}
