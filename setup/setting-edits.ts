import { type Config, readConfig } from '#src/config/config.ts';
import type { EnvFile } from './env-file.ts';
import { SetupEnd } from './setup-questions.ts';

export class SettingEdits {
  readonly file: EnvFile;
  readonly #environment;
  readonly changes = new Map<string, string>();

  constructor(file: EnvFile, environment: NodeJS.ProcessEnv) {
    this.file = file;
    this.#environment = environment;
  }

  get isSetUp(): boolean {
    return (this.file.values.DISCORD_TOKEN ?? '') !== '';
  }

  /** Tests whether a chat or Realtime server is set. */
  get hasModel(): boolean {
    const names = [
      'CHAT_BACKEND',
      'CHAT_COMPLETION_BASE_URL',
      'OPENAI_API_KEY',
      'REALTIME_BASE_URL',
    ];
    return names.some((name) => this.file.values[name]);
  }

  /** Returns a value. The environment wins over `.env`. Empty means not set. */
  getValue(name: string): string {
    return (
      this.changes.get(name) ?? this.#environment[name] ?? this.file.values[name] ?? ''
    );
  }

  getEnvironmentValue(name: string): string {
    return this.#environment[name] ?? '';
  }

  /** Notes a change, unless `.env` has this value. */
  set(name: string, value: string) {
    if ((this.file.values[name] ?? '') === value) this.changes.delete(name);
    else this.changes.set(name, value);
  }

  /** Reads the settings with all changes. Throws `SetupEnd` if they cannot work. */
  readConfig(): Config {
    const changes = Object.fromEntries(this.changes);
    const read = readConfig({ ...this.file.values, ...this.#environment, ...changes });
    if (read.kind === 'ok') return read.config;
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  }
}
