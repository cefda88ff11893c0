import { access } from 'node:fs/promises';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { withMeter } from '#src/chat/metered-chat.ts';
import { type Config, readConfig, readEnvironment } from '#src/config/config.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { openEngine } from '#src/engines/engines.ts';
import { ChatPrice } from './chat-price.ts';

/** Servers and settings of an operator, as a `.env` has them. */
export type EvalSetup = {
  readonly name: string;
  readonly config: Config;
  readonly botName: string;
  /** Model whose requests `price` counts. */
  readonly chat: ChatModel;
  /** False: the built-in stand-in answers. */
  readonly hasChatModel: boolean;
  readonly price: ChatPrice;
};

/** Reads the settings of the environment and of `.env`. Throws a plain Error with a line for each mistake, or a BotError of a server. */
export async function readUsualSetup(): Promise<EvalSetup> {
  return await parseSetup('.env', { ...readEnvironment() });
}

/** Reads the settings of `file` alone, without the environment. Throws as `readUsualSetup`, and where there is no such file. */
export async function readSetupFile(file: string): Promise<EvalSetup> {
  await access(file);
  return await parseSetup(file, {});
}

async function parseSetup(file: string, environment: NodeJS.ProcessEnv) {
  const mistakes: string[] = [];
  const isRead = loadDotEnv((mistake) => mistakes.push(mistake), file, environment);
  const reading = readConfig(environment);
  if (reading.kind === 'bad' || !isRead) {
    const configMistakes = reading.kind === 'bad' ? reading.mistakes : [];
    throw new Error([...mistakes, ...configMistakes].join('\n'));
  }
  return await makeSetup(file, reading.config);
}

/** Opens the chat model of these settings. Throws a BotError of a server. */
export async function makeSetup(name: string, config: Config): Promise<EvalSetup> {
  const botName = config.bot.name ?? 'Nova';
  const price = new ChatPrice(config);
  // The model lasts as long as the program.
  const openEngines = new AsyncDisposableStack();
  const hasChatModel = config.engines.chat.kind !== 'local';
  const model = await openEngine('chat', config.engines.chat, openEngines);
  const chat = withMeter(model.withBotName?.(botName) ?? model, price);
  return { name, config, botName, chat, hasChatModel, price };
}
