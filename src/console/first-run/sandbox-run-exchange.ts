import { BotError } from '#src/base/errors.ts';
import type { SandboxObservers } from './exchange.ts';
import type { SpokenRecorder } from './spoken-recorder.ts';
import type { WavFolder } from './wav-files.ts';

/** Parts of an exchange in the sandbox: its observers, a counter of the bot's speech, and a folder for heard sound. */
export type ExchangeParts = SandboxObservers & {
  readonly recorder: Pick<SpokenRecorder, 'asked'>;
  readonly folder: Pick<WavFolder, 'place' | 'tidy'>;
};

/**
 * Keeps sound of the bot that `person` heard from `sinceMs` on in its folder, once it was quiet for `quietMs`; false when nothing
 * came within `timeoutMs`.
 */
export async function hearOut(
  person: string,
  waits: { readonly sinceMs: number; readonly quietMs: number; readonly timeoutMs: number },
  { sandbox, folder }: ExchangeParts,
): Promise<boolean> {
  const wav = await folder.place(person);
  try {
    await sandbox.ask({ do: 'listen', person, wav, ...waits });
    return true;
  } catch (error) {
    if (error instanceof BotError) return false;
    throw error;
  } finally {
    await folder.tidy();
  }
}
