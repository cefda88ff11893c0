import { type Config, readConfig } from '#src/config/config.ts';
import type { EnvFile } from './env-file.ts';
import { SetupEnd } from './setup-questions.ts';

/** The settings of `.env` and of the environment, with the changes that setup will write at its end. */
export class SettingEdits {
  readonly file: EnvFile;
  readonly #environment;
  readonly changes = new Map<string, string>();

  constructor(file: EnvFile, environment: NodeJS.ProcessEnv) {
    this.file = file;
    this.#environment = environment;
  }

  /** True if `.env` holds a token. */
  get isSetUp(): boolean {
    return (this.file.values.DISCORD_TOKEN ?? '') !== '';
  }

  /** True if `.env` names a chat or Realtime server. */
  get hasModel(): boolean {
    const names = [
      'CHAT_BACKEND',
      'CHAT_COMPLETION_BASE_URL',
      'OPENAI_API_KEY',
      'REALTIME_BASE_URL',
    ];
    return names.some((name) => this.file.values[name]);
  }

  /** Gets the value that the bot will read. The environment wins over `.env`, and an empty text means that it is not set. */
  getValue(name: string): string {
    return (
      this.changes.get(name) ?? this.#environment[name] ?? this.file.values[name] ?? ''
    );
  }

  getEnvironmentValue(name: string): string {
    return this.#environment[name] ?? '';
  }

  /** Notes a change. The value that `.env` holds already is no change. */
  set(name: string, value: string): void {
    if ((this.file.values[name] ?? '') === value) this.changes.delete(name);
    else this.changes.set(name, value);
  }

  /** Parses the settings as the bot will read them. Throws `SetupEnd` if they cannot work. */
  readConfig(): Config {
    const changes = Object.fromEntries(this.changes);
    const read = readConfig({ ...this.file.values, ...this.#environment, ...changes });
    if (read.kind === 'ok') return read.config;
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  }
}
