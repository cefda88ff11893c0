import { BotError } from '#src/base/errors.ts';
import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatMessage, ChatModel, Tool, Usage } from '#src/chat/ports.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Fitting, RoomTool } from '#src/session/ports/tool.ts';

const instructions =
  'Somebody speaks to a voice assistant. Call the tool if they ask for what it does, and only then; otherwise answer: no.';

/**
 * The tool call that the asker's own words of this turn ask for; undefined where they do not ask for it.
 *
 * The model is shown nothing else here, no name, no history and no result of a tool, so that nobody else's words can
 * bring it about. Where it cannot be asked, nothing is known. Aborting `signal` throws `signal.reason`.
 */
export async function checkIntent(
  tool: RoomTool,
  said: readonly TurnUtterance[],
  chat: ChatModel,
  spent: (usage: Usage) => void,
  signal: AbortSignal,
): Promise<Fitting | undefined> {
  try {
    const own = said.filter(({ isQuoted }) => isQuoted !== true);
    const words = await Promise.all(own.map(async ({ transcript }) => (await transcript()).text));
    signal.throwIfAborted();
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: instructions },
      { role: 'user', name: '', content: words.join('\n').trim() },
    ];
    const calls = await callsOf(messages, tool, chat, spent, signal);
    const fits = calls.map((argumentsJson) => tool.fit(argumentsJson));
    return fits.find((one) => 'run' in one);
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    return undefined;
  }
}

async function callsOf(
  messages: readonly ChatMessage[],
  { name, description, parameters }: RoomTool,
  chat: ChatModel,
  spent: (usage: Usage) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const offered: Tool = { name, description, parameters };
  const calls: string[] = [];
  for await (const part of meteredChat(chat, spent).reply(messages, [offered], signal)) {
    if (part.kind === 'tool' && part.call.name === name) calls.push(part.call.argumentsJson);
  }
  return calls;
}
