import { z } from 'zod';
import type { ToolOutcome, ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { spokenText } from '#src/notices/localized-text.ts';
import { openText } from '#src/people/confidential-text.ts';
import { isProgram } from '#src/people/program-ids.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Searches the captions of the channel; the bot quotes the lines itself. */
export const findInCaptions = tool({
  name: 'find_in_captions',
  description:
    'Looks up what people said in this voice channel, now or in earlier sessions, as captions have it. Call it whenever somebody asks ' +
    'what was said, decided or promised. The lines found are quoted aloud for you: add nothing to them.',
  schema: z.strictObject({
    question: z.string().min(1).max(300).describe('The whole question, as it was asked.'),
    about: z
      .string()
      .regex(/^(?:this|last|all|\d{4}-\d{2}-\d{2})$/)
      .describe(
        '`this` session, the `last` one, `all`, or a day as 2026-11-20. If nobody says when: all.',
      ),
  }),
  right: 'anyone',
  effect: 'read',
  quotesOthers: true,
  isOffered(_settings, context) {
    if (!context) return false;
    const captions = context.features.sessions.captions;
    return (
      context.features.ports.transcripts.has(context.channel.guildId) ||
      captions.hasTranscript ||
      captions.active !== undefined
    );
  },
  run: findLines,
});

type LineRequest = { readonly question: string; readonly about: string };

/** Quotes lines of this channel that answer a question of the last asker; none to a program. Aborting `signal` throws `signal.reason`. */
async function findLines(
  request: LineRequest,
  { askerIds, context }: ToolPorts,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const { channel, languages, parts, people, features } = context;
  const { guildId } = channel;
  const id = askerIds.at(-1) ?? '';
  const asker = { id, name: people().find((one) => one.id === id)?.name ?? 'Someone' };
  const transcripts = features.ports.transcripts;
  const found = askerIds.some(isProgram)
    ? ({ kind: 'none' } as const)
    : await transcripts.askIn(channel, asker, request, signal);
  if (found.kind === 'found' && !found.isUnchosen) {
    const quote = { text: transcripts.quoteIn(channel, found.lines) };
    return { facts: { linesQuoted: found.lines.length }, quote };
  }
  const text = spokenText(whyNone(found.kind), guildId, parts, languages.of(id));
  return { facts: { linesQuoted: 0 }, quote: { text: openText(text) } };
}

/** Why no lines are quoted; `found`: none of the found ones was chosen. */
function whyNone(kind: 'found' | 'none' | 'unknown' | 'unread'): TextLine {
  switch (kind) {
    case 'none':
    case 'unknown':
      return { id: 'ask.unknown' };
    case 'found':
    case 'unread':
      return { id: 'store.unread' };
  }
}
