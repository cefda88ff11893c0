import { openText } from '#src/people/confidential-text.ts';
import type { SessionContext } from '#src/session/context.ts';
import { spokenText } from '#src/session/localized-text.ts';
import { memoriesFor } from '#src/session/memories/memory-actions.ts';
import type { FoundInCaptions, PeopleHere, ToolPorts } from '#src/session/ports/tool.ts';
import { remindersFor } from '#src/session/reminders/reminder-actions.ts';
import { tracksFor } from '#src/session/tracks/track-tools.ts';
import { quoteOf } from '#src/session/transcripts/quote.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Actions of tools in this channel for the people who asked. */
export function actionsFor(context: SessionContext, askerIds: readonly string[]): ToolPorts {
  const { channel, leave, parts, settings } = context;
  return {
    clock: parts.clock,
    timeZone: settings().timeZone,
    company: () => companyIn(context),
    // Whoever asked for it has decided that it is written there.
    post: (text, signal) =>
      parts.messages.write(channel, openText(text), signal).then(() => undefined),
    leave,
    findInCaptions: captionSearchFor(askerIds, context),
    tracks: tracksFor(askerIds, context),
    memories: memoriesFor(askerIds, context),
    reminders: remindersFor(askerIds, context),
  };
}

function companyIn({ gate, people }: SessionContext): PeopleHere {
  const all = people();
  const humans = all.filter(({ isBot }) => !isBot);
  const names = humans.filter(({ id }) => gate.standing(id) === 'yes').map(({ name }) => name);
  return { names, others: humans.length - names.length, bots: all.length - humans.length };
}

/** Finds lines that answer a question of the last of these people, for everybody there. */
function captionSearchFor(
  askerIds: readonly string[],
  { channel, languages, parts, people, settings, transcripts }: SessionContext,
): ToolPorts['findInCaptions'] {
  const { guildId } = channel;
  const say = (line: TextLine): FoundInCaptions => {
    const text = spokenText(line, guildId, parts, languages.of(askerIds.at(-1) ?? ''));
    return { lines: 0, quote: { text: openText(text), aboutIds: [] } };
  };
  return async (question, about, signal) => {
    const here = people();
    const id = askerIds.at(-1) ?? '';
    const asker = { id, name: here.find((one) => one.id === id)?.name ?? 'Someone' };
    const present = here.filter(({ isBot }) => !isBot).map((one) => one.id);
    const everybody = [...new Set([...askerIds, ...present])];
    const request = { question, about };
    const found = await transcripts.questions.askAloud(guildId, asker, request, everybody, signal);
    switch (found.kind) {
      case 'found': {
        if (found.isUnchosen) return say({ id: 'ask.unchosen' });
        return {
          lines: found.lines.length,
          quote: quoteOf(found.lines, settings().timeZone, found.knownBy),
        };
      }
      case 'not-all':
        return say({ id: 'ask.not_all' });
      case 'none':
      case 'unknown':
        return say({ id: 'ask.unknown' });
      case 'unread':
        return say({ id: 'transcript.unread' });
    }
  };
}
