import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, Tool } from '#src/chat/ports.ts';
import type { Fitting, ToolEntry, ToolPorts } from '#src/conversation/ports/tool-definition.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';

const instructions =
  'Somebody speaks to a voice assistant. Call the tool if they ask for what it does, and only then; otherwise answer: no.';

/**
 * The tool call that the asker's own words of this turn ask for; undefined where they do not ask for it.
 *
 * The model is shown nothing else here, no name, no history, no result of a tool and no description that is not ours, so
 * that the words of other people cannot cause it. Where it cannot be asked, nothing is known. Aborting `signal` throws `signal.reason`.
 */
export async function checkIntent(
  tool: ToolEntry,
  said: readonly TurnUtterance[],
  chat: ChatModel,
  signal: AbortSignal,
): Promise<Fitting | undefined> {
  try {
    const content = await ownWords(said);
    signal.throwIfAborted();
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: instructions },
      { role: 'user', name: '', content },
    ];
    const calls = await callsOf(messages, tool, chat, signal);
    const fits = calls.map((argumentsJson) => tool.fit(argumentsJson));
    return fits.find((one) => 'run' in one);
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    return undefined;
  }
}

/**
 * The call by which the asker's own words of this turn answer what the tool has asked them, or ask for this call in so many words;
 * undefined where they do not, or were not recognised. No model is asked. Aborting `signal` throws `signal.reason`.
 */
export async function spokenCall(
  tool: ToolEntry,
  fit: Fitting,
  said: readonly TurnUtterance[],
  ports: ToolPorts,
  signal: AbortSignal,
): Promise<Fitting | undefined> {
  try {
    const words = await ownWords(said);
    signal.throwIfAborted();
    return tool.answered(words, ports) ?? fit.said?.(words, ports);
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    return undefined;
  }
}

/** Own words of the askers, without their quotes. Errors: BotError of the recogniser. */
async function ownWords(said: readonly TurnUtterance[]): Promise<string> {
  const own = said.filter(({ isQuoted }) => isQuoted !== true);
  const words = await Promise.all(own.map(async ({ transcript }) => (await transcript()).text));
  return words.join('\n').trim();
}

async function callsOf(
  messages: readonly ChatMessage[],
  { name, description, parameters, neutral }: ToolEntry,
  chat: ChatModel,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const offered: Tool = { name, ...(neutral ?? { description, parameters }) };
  const calls: string[] = [];
  for await (const part of chat.reply(messages, [offered], signal)) {
    if (part.kind === 'tool' && part.call.name === name) calls.push(part.call.argumentsJson);
  }
  return calls;
}
