import { type Config, readConfig } from '#src/config/config.ts';
import type { EnvFile } from './env-file.ts';
import { SetupEnd } from './setup-questions.ts';

export type SettingEdits = ReturnType<typeof createSettingEdits>;

export function createSettingEdits(file: EnvFile, environment: NodeJS.ProcessEnv) {
  const changed = new Map<string, string>();

  return {
    changes: changed,

    file,

    get isSetUp(): boolean {
      return (file.values.DISCORD_TOKEN ?? '') !== '';
    },

    /** Tests whether a chat or Realtime server is set. */
    get hasModel(): boolean {
      const names = [
        'CHAT_BACKEND',
        'CHAT_COMPLETION_BASE_URL',
        'OPENAI_API_KEY',
        'REALTIME_BASE_URL',
      ];
      return names.some((name) => file.values[name]);
    },

    /** Returns a value. The environment wins over `.env`. Empty means not set. */
    getValue(name: string): string {
      return changed.get(name) ?? environment[name] ?? file.values[name] ?? '';
    },

    getEnvironmentValue(name: string): string {
      return environment[name] ?? '';
    },

    /** Notes a change, unless `.env` has this value. */
    set(name: string, value: string) {
      if ((file.values[name] ?? '') === value) changed.delete(name);
      else changed.set(name, value);
    },

    /** Reads the settings with all changes. Throws `SetupEnd` if they cannot work. */
    readConfig(): Config {
      const changes = Object.fromEntries(changed);
      const read = readConfig({ ...file.values, ...environment, ...changes });
      if (read.kind === 'ok') return read.config;
      throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
    },
  };
}
