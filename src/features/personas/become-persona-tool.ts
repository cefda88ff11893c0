import { z } from 'zod';
import { type ToolOutcome, type ToolPorts, tool } from '#src/conversation/ports/tool-definition.ts';
import { personasIn } from '#src/conversation/settings/persona-choice.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { PersonaRequests } from './persona-requests.ts';

/** Longest name of a persona, in characters. */
const maxNameChars = 32;

/** Changes the persona of the bot in its channel. */
export const becomePersona = tool({
  name: 'become_persona',
  description:
    'Changes who you are here: another persona of this server, by its name, from the next answer on. Only if whoever asks wants that.',
  schema: z.strictObject({ persona: z.string().trim().min(1).max(maxNameChars) }),
  right: 'dj',
  isDestructive: false,
  isOffered: ({ channel, stored }) => personasIn(stored.stored(channel.guildId)).length > 0,
  effect: 'change',
  doing: 'tool.persona',
  ask: ({ persona }) => ({ id: 'tool.persona.ask', with: { persona } }),
  run: become,
});

/** Keeps the conversation so far; the chat offers to clear it, as after the command. */
async function become(
  { persona }: { readonly persona: string },
  { askerIds, context }: ToolPorts,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const { channel, parts, port } = context;
  const { guildId } = channel;
  const id = askerIds.at(-1) ?? '';
  const caller = { guildId, id, mayManage: parts.places.mayManage(guildId, id) };
  const chosen = await port(PersonaRequests).choose(caller, { place: 'channel', persona });
  if (chosen.kind === 'denied') return outcomeOf({ id: 'perm.dj' });
  if (chosen.kind === 'unknown-persona')
    return outcomeOf({ id: 'tool.persona.unknown', with: { list: chosen.known.join(', ') } });
  if (chosen.kind !== 'chosen') return outcomeOf({ id: 'leave.nowhere' });
  const { questionId } = chosen;
  if (questionId !== undefined) {
    const buttons = [`persona.keep:${questionId}`, `persona.clear:${questionId}`];
    await parts.messages.offer(channel, { id: 'persona.keep_or_clear' }, buttons, [], signal);
  }
  const name = chosen.persona ?? persona;
  return outcomeOf({ id: 'persona.chosen', with: { persona: name, channel: channel.name } });
}

function outcomeOf(line: TextLine): ToolOutcome {
  return {
    facts: { outcome: text(line.id, line.with) },
    line,
    isVain: line.id !== 'persona.chosen',
  };
}
