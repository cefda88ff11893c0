import { BotError } from '#src/base/errors.ts';
import { type HeardAnswer, heard } from '#src/console/sandbox-lines.ts';
import type { SandboxObservers } from './exchange.ts';
import type { SpokenRecorder } from './spoken-recorder.ts';
import type { WavFolder } from './wav-files.ts';

/** Parts of an exchange in the sandbox: its observers, a counter of the bot's speech, and a folder for heard sound. */
export type ExchangeParts = SandboxObservers & {
  readonly recorder: Pick<SpokenRecorder, 'asked'>;
  readonly folder: Pick<WavFolder, 'place' | 'tidy'>;
};

export type HeardReply = HeardAnswer & { readonly path: string };

/**
 * Sound of the bot that `person` heard from `sinceMs` on, once it was quiet for `quietMs`, kept in its folder; undefined
 * when nothing came within `timeoutMs`.
 */
export async function hearOut(
  person: string,
  waits: { readonly sinceMs: number; readonly quietMs: number; readonly timeoutMs: number },
  { sandbox, folder }: ExchangeParts,
): Promise<HeardReply | undefined> {
  const path = await folder.place(person);
  try {
    const answer = await sandbox.ask({ do: 'listen', person, wav: path, ...waits });
    return { ...heard.parse(answer), path };
  } catch (error) {
    if (error instanceof BotError) return undefined;
    throw error;
  } finally {
    await folder.tidy();
  }
}
